package backends

import (
	"context"
	"encoding/hex"
)

// VersionToken identifies one write of one entry. It is opaque: tokens are compared, never
// ordered, and mean something only to the store they came from. The zero token is no version.
type VersionToken [16]byte

// IsZero reports whether t is no version.
func (t VersionToken) IsZero() bool { return t == VersionToken{} }

// String returns the token in hexadecimal.
func (t VersionToken) String() string { return hex.EncodeToString(t[:]) }

// KvWriter writes the entries of one namespace by version. Like the interface it stands for, it
// knows keys only; a [Versioned] driver hands one out per namespace.
//
// Entries written through it do not expire. It writes to the store itself: a [Cache] over the same
// store sees the entries but does not wake those who wait for a vacancy.
type KvWriter interface {
	// Put stores value whatever is there and returns the version of this write.
	Put(ctx context.Context, key string, value []byte) (VersionToken, error)

	// Delete removes the entry and tells whether there was one. A driver whose engine cannot know
	// answers true.
	Delete(ctx context.Context, key string) (existed bool, err error)

	// Create stores value if there is no live entry, or fails with [ErrAlreadyExists].
	Create(ctx context.Context, key string, value []byte) (VersionToken, error)

	// Update replaces the entry if its version is expected, or fails with [ErrRevisionMismatch];
	// so it does if there is no entry.
	Update(ctx context.Context, key string, value []byte, expected VersionToken) (VersionToken, error)

	// DeleteWithVersion removes the entry if its version is expected, or fails with
	// [ErrRevisionMismatch]; so it does if there is no entry. Nothing stays behind: a later write
	// with the old version conflicts because tokens are never used twice.
	DeleteWithVersion(ctx context.Context, key string, expected VersionToken) (existed bool, err error)
}
