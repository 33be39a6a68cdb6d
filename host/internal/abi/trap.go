package abi

import "fmt"

// Trap ends a guest: the canonical ABI, a host function or a limit refused to
// go on. It is raised by panic inside a host call, and recovered at the call
// that entered the guest; it never reaches an embedder as a panic.
type Trap struct {
	// Reason says what was wrong, in the canonical ABI's terms.
	Reason string
	// Func is the import that was being called, "" outside one.
	Func string
	// Cause is the host error behind the trap, nil where the guest is at fault.
	Cause error
}

// Error implements error.
func (t *Trap) Error() string {
	s := t.Reason
	if t.Func != "" {
		s = t.Func + ": " + s
	}
	if t.Cause != nil {
		s += ": " + t.Cause.Error()
	}
	return s
}

// Unwrap gives the host error behind the trap.
func (t *Trap) Unwrap() error { return t.Cause }

// Exit is raised by panic to end a guest that asked to end.
type Exit struct{ Code uint32 }

// Error implements error.
func (e *Exit) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Throw traps with a reason.
func Throw(format string, args ...any) {
	panic(&Trap{Reason: fmt.Sprintf(format, args...)})
}
