package backends

import (
	"context"
	"errors"
	"fmt"
)

// The sentinels that errors of this package and of every driver match by errors.Is. What comes
// back is usually an *[OpError] around one of them.
var (
	// ErrAlreadyExists: there is a live entry where Create wants none.
	ErrAlreadyExists = errors.New("the entry already exists")
	// ErrRevisionMismatch: the entry is not of the expected version, or there is none.
	ErrRevisionMismatch = errors.New("the entry is not of the expected version")
	// ErrUnsupported: this store cannot do that.
	ErrUnsupported = errors.New("the store does not support this operation")
	// ErrInvalidTTL: the time to live is negative.
	ErrInvalidTTL = errors.New("invalid time to live")
	// ErrInvalidKey: the key is longer than the cache allows.
	ErrInvalidKey = errors.New("invalid key")
	// ErrInvalidNamespace: the namespace is longer than the cache allows.
	ErrInvalidNamespace = errors.New("invalid namespace")
	// ErrTooLarge: the value is larger than the cache or the store allows.
	ErrTooLarge = errors.New("the value is too large")
	// ErrUnavailable: the store cannot be reached or refuses to serve. Trying later may help.
	ErrUnavailable = errors.New("the store is unavailable")
	// ErrTimeout: the store did not answer in time. A write may have been applied.
	ErrTimeout = errors.New("the store did not answer in time")
	// ErrForeignValue: what is stored under the key was not written by this cache for this
	// namespace and key. It is refused, never returned; a Set or Delete of the key replaces it.
	ErrForeignValue = errors.New("the stored data is not an entry of this cache")
	// ErrCursorExpired: the position in a stream has been trimmed away.
	ErrCursorExpired = errors.New("the stream position has been trimmed away")
	// ErrVacancyLost: the vacancy is not the caller's any more: it was filled, released or timed
	// out, or the entry was set, deleted or cleared meanwhile. The value was not stored.
	ErrVacancyLost = errors.New("the vacancy is no longer held")
	// ErrClosed: the cache or the store was closed.
	ErrClosed = errors.New("the cache is closed")
)

// OpError says which operation of which driver failed, on which namespace. Its text never
// contains an address, a credential, a key or a value, and neither does that of an error it
// wraps.
type OpError struct {
	// Driver is the driver's name, or "cache" for a rule of the Cache itself.
	Driver string
	// Op is the operation, in lower case: "get", "set", "get-or-set", …
	Op string
	// Namespace is the namespace it was for; empty if it was for none or the empty one.
	Namespace string
	// Err is the cause. It matches a sentinel of this package or a context's error.
	Err error
}

func (e *OpError) Error() string {
	if e.Namespace == "" {
		return fmt.Sprintf("%s: %s: %v", e.Driver, e.Op, e.Err)
	}
	return fmt.Sprintf("%s: %s in namespace %q: %v", e.Driver, e.Op, e.Namespace, e.Err)
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// ContextError returns the error a driver reports because ctx has ended, for use as
// [OpError].Err: it matches the context's error, and [ErrTimeout] as well if a deadline passed.
// It returns nil while ctx lives.
func ContextError(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return err
}
