package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host"
)

// Exit statuses of the program's own; a guest's passes through.
const (
	statusUsage   = 2   // the command line is wrong in itself
	statusTimeout = 124 // --timeout ended the guest
	statusHost    = 125 // the host could not do what it was asked to
	statusTrap    = 134 // the guest trapped
)

// failure ends the program with a status and a sentence.
type failure struct {
	status int
	err    error
}

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the reason.
func (f *failure) Unwrap() error { return f.err }

// usage is a mistake on the command line.
func usage(format string, args ...any) error {
	return &failure{statusUsage, fmt.Errorf(format, args...)}
}

// status gives the exit status for what a command ended with.
func status(err error) int {
	var own *failure
	var exit *host.ExitError
	var trap *host.TrapError
	var signal *interrupted
	switch {
	case err == nil:
		return 0
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &exit):
		return exitStatus(exit.Code)
	case errors.As(err, &signal):
		return signal.status()
	case errors.As(err, &trap):
		return statusTrap
	}
	return statusHost
}

// exitStatus passes a guest's status through. A process has 8 bits of it on
// most systems; what does not fit must not turn into success.
func exitStatus(code uint32) int {
	if code > 255 {
		return 255
	}
	return int(code)
}

// stackLines bounds the stack that a trap shows.
const stackLines = 8

// explain gives the text for an error: a sentence, then what helps to find the
// cause. A guest that exits has said what it had to say.
func explain(err error) string {
	var exit *host.ExitError
	var own *failure
	if !errors.As(err, &own) && errors.As(err, &exit) {
		return ""
	}
	var b strings.Builder
	b.WriteString(limitNames.Replace(err.Error()))
	var trap *host.TrapError
	if errors.As(err, &trap) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		for i, frame := range trap.Stack {
			if i == stackLines {
				fmt.Fprintf(&b, "\n    … %d more", len(trap.Stack)-i)
				break
			}
			b.WriteString("\n    at " + frame)
		}
	}
	return b.String()
}

// limitNames are the options for the limits that messages of the host name.
var limitNames = strings.NewReplacer(
	"Limits.MemoryBytes", "--max-memory", "Limits.Handles", "--max-handles", "Limits.Futures", "--max-futures",
	"Limits.Vacancies", "--max-vacancies", "Limits.PollList", "--max-pollables",
)

// ended says why a guest's run ended where a context did it.
func ended(ctx context.Context, err error, limit fmt.Stringer) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	var signal *interrupted
	if errors.As(context.Cause(ctx), &signal) {
		return signal
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &failure{statusTimeout, fmt.Errorf("the guest did not end within %v (--timeout)", limit)}
	}
	return err
}
