package backends

import (
	"context"
	"time"
)

// Field is one name and value of a [StreamEntry]. Names may repeat.
type Field struct {
	Name, Value string
}

// StreamEntry is one entry of a stream: its id, given by the store, and its fields in the order
// they were added.
type StreamEntry struct {
	ID     string
	Fields []Field
}

// StreamingBackend appends to and reads from streams of entries. Like the interface it stands for,
// it knows stream names only; a [Streamer] driver hands one out per namespace.
//
// Ids are opaque but for two: "0" is before the first entry, "$" is after the last one there is at
// the time of the call. A block of zero or less never waits: it is not "forever".
type StreamingBackend interface {
	// StreamAdd appends an entry and returns its id. With maxLen > 0 the stream keeps at most that
	// many of its newest entries.
	StreamAdd(ctx context.Context, stream string, fields []Field, maxLen int) (id string, err error)

	// StreamReadLatest returns up to count entries, newest first.
	StreamReadLatest(ctx context.Context, stream string, count int) ([]StreamEntry, error)

	// StreamRead returns up to count entries after lastID, oldest first. With none there, it waits
	// for up to block and then returns none. An id that has been trimmed away is
	// [ErrCursorExpired] where the store can tell.
	StreamRead(ctx context.Context, stream, lastID string, count int, block time.Duration) ([]StreamEntry, error)

	// StreamCreateGroup makes a consumer group that starts after id, and the stream if need be.
	// Creating a group that exists succeeds and leaves its position alone.
	StreamCreateGroup(ctx context.Context, stream, group, id string) error

	// StreamReadGroup returns up to count entries for consumer: first those it was given earlier
	// and has not acknowledged, then new ones. With none, it waits for up to block.
	StreamReadGroup(ctx context.Context, stream, group, consumer string, count int, block time.Duration) ([]StreamEntry, error)

	// StreamAck acknowledges entries of the group. Unknown ids are ignored.
	StreamAck(ctx context.Context, stream, group string, ids []string) error
}
