// Command wasikv runs WebAssembly guests that cache through
// wasi:keyvalue/cache, looks into them, and writes the interfaces that guests
// are made with.
//
// It is a thin layer over the public packages: what it does, a Go program can
// do with package host.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long a guest has to end after a signal before the program does
// without it: one that computes hears of nothing.
const grace = 2 * time.Second

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan int, 1)
	go func() { done <- doMain(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr) }()
	select {
	case status := <-done:
		os.Exit(status)
	case s := <-signals:
		signal.Stop(signals) // a second one ends the process at once
		caught := &interrupted{signal: s}
		cancel(caught)
		select {
		case status := <-done:
			os.Exit(status)
		case <-time.After(grace):
			fmt.Fprintln(os.Stderr, "wasikv: the guest did not end after the signal, and was left behind")
			os.Exit(caught.status())
		}
	}
}

// interrupted is the cause of a run that a signal ended.
type interrupted struct{ signal os.Signal }

// Error implements error.
func (i *interrupted) Error() string { return "interrupted by the signal: " + i.signal.String() }

// status is 128 plus the signal's number, as shells have it.
func (i *interrupted) status() int {
	if n, ok := i.signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 128 + int(syscall.SIGINT)
}
