package inmem

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/wasikv/wasikv/backends"
)

// writer writes one namespace by version.
type writer struct {
	table *table
}

var _ backends.KvWriter = (*writer)(nil)

func token(version uint64) (t backends.VersionToken) {
	binary.BigEndian.PutUint64(t[:8], version)
	return t
}

// Put implements [backends.KvWriter].
func (w *writer) Put(ctx context.Context, key string, value []byte) (backends.VersionToken, error) {
	return w.write(ctx, "put", key, value, func(*content) error { return nil })
}

// Create implements [backends.KvWriter].
func (w *writer) Create(ctx context.Context, key string, value []byte) (backends.VersionToken, error) {
	return w.write(ctx, "create", key, value, absent)
}

// Update implements [backends.KvWriter].
func (w *writer) Update(ctx context.Context, key string, value []byte, expected backends.VersionToken) (backends.VersionToken, error) {
	return w.write(ctx, "update", key, value, matches(expected))
}

// Delete implements [backends.KvWriter].
func (w *writer) Delete(ctx context.Context, key string) (bool, error) {
	if err := w.table.driver.begin(ctx, "delete", w.table.name); err != nil {
		return false, err
	}
	return w.table.Delete(key), nil
}

// DeleteWithVersion implements [backends.KvWriter].
func (w *writer) DeleteWithVersion(ctx context.Context, key string, expected backends.VersionToken) (bool, error) {
	t := w.table
	if err := t.driver.begin(ctx, "delete-with-version", t.name); err != nil {
		return false, err
	}
	if conflict := t.deleteIf(key, matches(expected)); conflict != nil {
		return false, opError("delete-with-version", t.name, conflict)
	}
	return true, nil
}

// matches accepts the live entry of the expected version.
func matches(expected backends.VersionToken) condition {
	return func(current *content) error {
		if current == nil || token(current.token()) != expected {
			return backends.ErrRevisionMismatch
		}
		return nil
	}
}

// write stores value if the condition allows it.
func (w *writer) write(ctx context.Context, op, key string, value []byte, allow condition) (backends.VersionToken, error) {
	t := w.table
	if err := t.driver.begin(ctx, op, t.name); err != nil {
		return backends.VersionToken{}, err
	}
	e, err := t.newEntry(op, key, bytes.Clone(value), 0)
	if err != nil {
		return backends.VersionToken{}, err
	}
	version := e.content.Load().token()
	if conflict := t.storeIf(e, allow); conflict != nil {
		return backends.VersionToken{}, opError(op, t.name, conflict)
	}
	return token(version), nil
}
