package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/wasikv/wasikv/host"
)

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a guest: a component or a core module",
		ArgsUsage: "GUEST.wasm [ARGUMENT…]",
		Description: "Options go before the guest's file; all that follows it is the guest's. " +
			"The guest gets what the options grant, and nothing else: no directory, no variable, no network.\n\n" +
			"What a guest stores lasts as long as the store: that of mem: ends with the run.",
		Flags: runFlags(),
		Action: func(c *cli.Context) error {
			o, err := optionsOf(c)
			if err != nil {
				return err
			}
			s, err := o.settings()
			if err != nil {
				return err
			}
			if !c.Args().Present() {
				return usage("run needs the file of a guest; see wasikv run --help")
			}
			return p.run(c.Context, s, c.Args().First(), c.Args().Tail())
		},
	}
}

// run runs a guest as the settings say.
func (p *program) run(ctx context.Context, s *settings, file string, args []string) (err error) {
	wasm, err := readGuest(file)
	if err != nil {
		return err
	}
	if !s.named {
		s.namespace = ownNamespace(wasm)
	}
	store, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer store.close(&err)

	h, err := newHost(ctx, s, store)
	if err != nil {
		return err
	}
	defer h.Close(context.WithoutCancel(ctx))
	r := &runner{program: p, settings: s, args: append([]string{filepath.Base(file)}, args...)}
	start := time.Now()
	err = p.progress(s.quiet).during(fmt.Sprintf("compiling %s (%s)", filepath.Base(file), formatSize(uint64(len(wasm)))), func() error {
		r.guest, err = h.Compile(ctx, wasm)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return ended(ctx, ctx.Err(), nil)
	}
	if err != nil {
		return guestError(file, err)
	}
	compiled := time.Since(start)
	if err := store.prepare(ctx, s, r.guest.Imports()); err != nil {
		return err
	}

	start = time.Now()
	outcomes := r.runAll(ctx)
	report := newReport(file, s, store, outcomes)
	report.CompileMS, report.RunMS = millis(compiled), millis(time.Since(start))
	if err := p.tell(report, s); err != nil {
		return err
	}
	return r.failure(outcomes)
}

// maxGuest bounds the file of a guest.
const maxGuest = 64 << 20

func readGuest(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &failure{statusHost, fmt.Errorf("%s cannot be read: %w", file, reason(err))}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &failure{statusHost, fmt.Errorf("%s is a directory, not the file of a guest", file)}
	}
	wasm, err := io.ReadAll(io.LimitReader(f, maxGuest+1))
	if err != nil {
		return nil, &failure{statusHost, fmt.Errorf("%s cannot be read: %w", file, reason(err))}
	}
	if len(wasm) > maxGuest {
		return nil, &failure{statusHost, fmt.Errorf("%s is larger than a guest may be, %s", file, formatSize(maxGuest))}
	}
	return wasm, nil
}

// newHost makes the host. A compilation cache that nobody asked for is done
// without where it cannot be had.
func newHost(ctx context.Context, s *settings, store *store) (*host.Host, error) {
	config := host.Config{
		Cache: store.Cache, Limits: s.limits, Interpreter: s.interpreter,
		Interruptible: s.timeout > 0, CompilationCache: s.compiled,
	}
	h, err := host.New(ctx, config)
	if err != nil && s.compiled != "" && !s.mustCompile {
		config.CompilationCache = ""
		h, err = host.New(ctx, config)
	}
	if err != nil {
		return nil, &failure{statusHost, err}
	}
	return h, nil
}

// guestError names the file of a guest that cannot be run.
func guestError(file string, err error) error {
	var format *host.FormatError
	var missing *host.MissingImportsError
	switch {
	case errors.As(err, &format):
		err = fmt.Errorf("%s cannot be loaded: %s", file, strings.TrimSuffix(format.Err.Error(), " (at offset 0x0)"))
	case errors.As(err, &missing):
		err = fmt.Errorf("%s cannot be run: %w\nwasikv inspect shows all that a guest imports", file, err)
	}
	return &failure{statusHost, err}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
