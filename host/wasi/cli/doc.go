// Package cli implements wasi:cli for hosts: environment (environment.go), exit
// (exit.go), stdin, stdout and stderr (stdio.go), and terminal-input,
// terminal-output, terminal-stdin, terminal-stdout and terminal-stderr
// (terminal.go). The run interface is one that guests export; package host
// calls it.
//
// # Denied by default
//
// A guest that is not configured has no arguments, no environment and no
// working directory; its standard input is empty and its outputs are discarded.
// It is told of no terminal, and what it writes to one is stripped of control
// sequences (EscapeFilter). Exit ends the guest, never the process.
//
// # Concurrency
//
// The state is the guest's and belongs to the goroutine that calls it. Readers
// and writers of the Config that may block are called by a goroutine of this
// package, one call at a time, while the guest waits for them.
package cli

import (
	"errors"

	"github.com/wasikv/wasikv/host/component"
)

// Register defines all interfaces of wasi:cli that guests import.
func Register(l *component.Linker) error {
	return errors.Join(registerEnvironment(l), registerExit(l), registerStdio(l), registerTerminal(l))
}
