package instance

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/tetratelabs/wazero/sys"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// Trap is a guest that ended by a fault: its own, a limit's or a host
// function's.
type Trap struct {
	// Reason says what happened, in one line.
	Reason string
	// Stack names the WebAssembly functions that were running, innermost
	// first, as the guest's name section has them.
	Stack []string
	// Err is the cause: an *abi.Trap, a host error, or wazero's.
	Err error
}

// Error implements error.
func (t *Trap) Error() string { return "the guest trapped: " + t.Reason }

// Unwrap gives the cause.
func (t *Trap) Unwrap() error { return t.Err }

// failure turns what a call ended with into a *Trap, an *abi.Exit or, where
// the context ended it, an error that wraps the context's.
func failure(err error) error {
	var done *Trap
	if errors.As(err, &done) {
		return err
	}
	var exit *abi.Exit
	if errors.As(err, &exit) {
		return exit
	}
	var closed *sys.ExitError
	if errors.As(err, &closed) {
		switch closed.ExitCode() {
		case sys.ExitCodeContextCanceled:
			return &Trap{Reason: "the call was cancelled", Err: context.Canceled}
		case sys.ExitCodeDeadlineExceeded:
			return &Trap{Reason: "the call exceeded its deadline", Err: context.DeadlineExceeded}
		}
		return &abi.Exit{Code: closed.ExitCode()}
	}
	var fault *abi.Trap
	if errors.As(err, &fault) {
		return &Trap{Reason: fault.Error(), Stack: stack(err), Err: fault}
	}
	var bug runtime.Error
	if errors.As(err, &bug) {
		return &Trap{Reason: "a host function failed: " + bug.Error(), Stack: stack(err), Err: bug}
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	reason = strings.TrimSuffix(strings.TrimPrefix(reason, "wasm error: "), " (recovered by wazero)")
	return &Trap{Reason: reason, Stack: stack(err), Err: err}
}

// recovered gives a recovered panic value as an error.
func recovered(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return fmt.Errorf("%v", r)
}

const stackHeader = "wasm stack trace:\n"

// stack takes the function names out of wazero's message, whose innermost
// trace comes first where calls were nested.
func stack(err error) []string {
	var out []string
	for part := range strings.SplitSeq(err.Error(), stackHeader) {
		if len(part) == 0 || part[0] != '\t' {
			continue
		}
		for line := range strings.SplitSeq(part, "\n") {
			if !strings.HasPrefix(line, "\t") {
				break
			}
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(line, "\t"), "."))
		}
	}
	return out
}
