package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/wasi/cli"
)

// closing bounds how long an instance may take to complete what it left behind.
const closing = 10 * time.Second

// runner runs the instances of one guest.
type runner struct {
	*program
	*settings
	guest *host.Component
	args  []string // of the guest, its name first

	streams sync.Mutex // keeps the lines of instances apart
}

// outcome is how an instance ended.
type outcome struct {
	err  error
	took time.Duration
}

// runAll runs all instances and gives their outcomes, in their order.
func (r *runner) runAll(ctx context.Context) []outcome {
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	out := make([]outcome, r.instances)
	if r.instances == 1 {
		out[0] = r.runOne(ctx, r.stdin, r.stdout, r.stderr)
		return out
	}
	stdout, stderr := tamed(r.stdout, r.rawOutput), tamed(r.stderr, r.rawOutput)
	width := len(fmt.Sprint(r.instances))
	var all sync.WaitGroup
	for i := range out {
		all.Go(func() {
			prefix := fmt.Sprintf("[%*d] ", width, i+1)
			o := &lines{mu: &r.streams, w: stdout, prefix: prefix}
			e := &lines{mu: &r.streams, w: stderr, prefix: prefix}
			// Nobody could say which of the instances is to get the input.
			out[i] = r.runOne(ctx, strings.NewReader(""), o, e)
			_, _ = o.Close(), e.Close() // the guest is gone, nobody can hear of an error
		})
	}
	all.Wait()
	return out
}

// runOne runs one instance to its end.
func (r *runner) runOne(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) outcome {
	start := time.Now()
	err := r.instance(ctx, stdin, stdout, stderr)
	return outcome{ended(ctx, err, r.timeout), time.Since(start)}
}

func (r *runner) instance(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	config := host.InstanceConfig{Namespace: r.namespace}
	config.Args, config.Env = r.args, r.env
	config.Dirs, config.OpenFiles = r.dirs, r.files
	config.Stdin, config.Stdout, config.Stderr = stdin, stdout, stderr
	config.Terminal = cli.Terminal{Stdin: isTerminal(stdin), Stdout: isTerminal(stdout), Stderr: isTerminal(stderr)}
	config.AllowEscapes = r.rawOutput
	in, err := r.guest.Instantiate(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if e := in.Close(end); err == nil && e != nil {
			err = fmt.Errorf("the guest could not be ended in order: %w", e)
		}
	}()
	if r.invoke == "" {
		return in.Run(ctx)
	}
	result, err := in.Invoke(ctx, r.invoke)
	if wrongCall(err) {
		return usage("--invoke: %w", err)
	}
	if err == nil && !result.IsZero() {
		_, err = io.WriteString(stdout, result.String()+"\n")
	}
	return err
}

// wrongCall reports whether a call did not come to pass for how it was written.
func wrongCall(err error) bool {
	var syntax *host.SyntaxError
	var name *host.NoFunctionError
	var value *host.TypeError
	return errors.As(err, &syntax) || errors.As(err, &name) || errors.As(err, &value)
}

// failure gives the error of the first instance that has one, as the outcome of
// the whole, and says which it was.
func (r *runner) failure(outcomes []outcome) error {
	if len(outcomes) == 1 {
		return outcomes[0].err
	}
	for i, o := range outcomes {
		if o.err != nil {
			return &instanceError{instance: i + 1, err: o.err}
		}
	}
	return nil
}

// instanceError says which of several instances failed.
type instanceError struct {
	instance int
	err      error
}

// Error implements error.
func (e *instanceError) Error() string { return fmt.Sprintf("instance %d: %v", e.instance, e.err) }

// Unwrap gives the reason.
func (e *instanceError) Unwrap() error { return e.err }
