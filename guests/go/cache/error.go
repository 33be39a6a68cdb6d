package cache

import (
	"strconv"
	"strings"

	"github.com/wasikv/wasikv/guests/go/canon"
)

// Error is a failure that the host reports.
type Error struct {
	// Op is the function of the interface that failed, such as "get-or-set" or
	// "incoming-value-consume-sync".
	Op string
	// Key is the key it was called with; empty where the function takes none.
	Key string
	// Trace is the host's text: what failed, and what to do about it.
	Trace string
}

// Error gives operation, key and trace in one line. A trace that begins with the
// operation, as some hosts' do, does not repeat it.
func (e *Error) Error() string {
	reason := strings.TrimPrefix(e.Trace, e.Op+": ")
	if e.Key == "" {
		return "cache: " + e.Op + ": " + reason
	}
	return "cache: " + e.Op + " " + strconv.Quote(e.Key) + ": " + reason
}

// traceBound is a length that the text of an error hardly exceeds.
const traceBound = 1024

// keyvalueError makes an Error of the host's error resource and drops that.
func keyvalueError(op, key string, handle uint32) error {
	canon.Land(make([]byte, traceBound))
	var result area
	errorTrace(handle, &result)
	e := &Error{Op: op, Key: key, Trace: canon.String(result.u32(0), result.u32(4))}
	errorDrop(handle)
	return e
}

// streamFailure makes an Error of a stream's last-operation-failed.
func streamFailure(op string, handle uint32) error {
	canon.Land(make([]byte, traceBound))
	var result area
	streamErrorToDebugString(handle, &result)
	e := &Error{Op: op, Trace: canon.String(result.u32(0), result.u32(4))}
	streamErrorDrop(handle)
	return e
}
