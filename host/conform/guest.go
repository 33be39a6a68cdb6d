// Package conform shows whether a guest conforms: whether it survives every
// legal but hostile behaviour of a cache. A cache may discard what was just
// stored, answer late and in any order, and take a vacancy back; a guest that
// conforms then neither traps nor leaks handles, fills or drops every vacancy,
// and ends with the same status as without faults.
package conform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/component"
)

// Guest is a check of one guest.
type Guest struct {
	// Wasm is the guest: a command, as a component or core module.
	Wasm []byte
	// Instance configures each run; a fresh cache is used for each.
	Instance host.InstanceConfig
	// Register offers interfaces of the embedder's that the guest needs. Nil:
	// none.
	Register func(*component.Linker) error
	// Schedules is how many schedules to run; default 50.
	Schedules int
	// Seed is the first schedule's; the others follow. Default 1.
	Seed uint64
	// Timeout bounds one run; default 10 s.
	Timeout time.Duration
	// CompilationCache is as in host.Config; default a directory that lasts for
	// the check.
	CompilationCache string
}

// Run is the outcome of a guest under one schedule.
type Run struct {
	Schedule Schedule
	// Exit is the guest's status; -1 where it trapped or did not end.
	Exit int
	// Err is how a run failed that did not end by itself.
	Err error
	// Leaks counts what the guest still held of wasi:keyvalue and wasi:io/poll
	// when it ended, by resource.
	Leaks map[string]int
	// Vacancies granted, and of those filled, dropped by the guest, and timed
	// out.
	Granted, Filled, Dropped, Expired uint64
	Elapsed                           time.Duration
	// Problems are the ways in which the run does not conform; none: it does.
	Problems []string
}

// Report is the outcome of a check. Runs[0] is the run without faults, which
// the others are compared with.
type Report struct{ Runs []Run }

// Failed lists the runs that do not conform.
func (r *Report) Failed() []Run {
	var out []Run
	for _, run := range r.Runs {
		if len(run.Problems) > 0 {
			out = append(out, run)
		}
	}
	return out
}

// Check runs the guest under its schedules. The error is of the check itself:
// a guest that cannot be loaded, or a context that ended.
func (g Guest) Check(ctx context.Context) (*Report, error) {
	if g.Schedules <= 0 {
		g.Schedules = 50
	}
	if g.Seed == 0 {
		g.Seed = 1
	}
	if g.Timeout <= 0 {
		g.Timeout = 10 * time.Second
	}
	if g.CompilationCache == "" {
		// Each run has a host of its own; the guest is compiled once.
		dir, err := os.MkdirTemp("", "wasikv-conform-")
		if err != nil {
			return nil, fmt.Errorf("conform: no place to keep compiled code: %w", err)
		}
		defer os.RemoveAll(dir)
		g.CompilationCache = dir
	}
	report := &Report{}
	for i := range g.Schedules + 1 {
		s := Schedule{VacancyTimeout: backends.DefaultVacancyTimeout}
		if i > 0 {
			s = NewSchedule(g.Seed + uint64(i) - 1)
		}
		run, err := g.run(ctx, s)
		if err != nil {
			return nil, err
		}
		run.judge(report)
		report.Runs = append(report.Runs, run)
	}
	return report, nil
}

// Replay runs the guest without faults and under the schedule of one seed.
func (g Guest) Replay(ctx context.Context, seed uint64) (*Report, error) {
	g.Seed, g.Schedules = seed, 1
	return g.Check(ctx)
}

// judge finds what does not conform, compared with the run without faults.
func (r *Run) judge(report *Report) {
	if r.Err != nil {
		r.Problems = append(r.Problems, r.Err.Error())
	} else if len(report.Runs) > 0 && r.Exit != report.Runs[0].Exit {
		r.Problems = append(r.Problems, fmt.Sprintf("exit status %d, and %d without faults", r.Exit, report.Runs[0].Exit))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Leaks)) {
		r.Problems = append(r.Problems, fmt.Sprintf("ended with %d of %s not dropped", r.Leaks[name], name))
	}
}

// run runs the guest once. Each run has a host of its own: what differs is the
// cache, which belongs to the host. Compiled code is shared through the
// compilation cache.
func (g Guest) run(ctx context.Context, s Schedule) (run Run, err error) {
	run = Run{Schedule: s, Exit: -1}
	cache := s.cache()
	defer cache.Close()
	h, err := host.New(ctx, host.Config{
		Cache: cache, Register: g.Register, Interruptible: true, CompilationCache: g.CompilationCache,
	})
	if err != nil {
		return run, err
	}
	defer h.Close(context.WithoutCancel(ctx))
	c, err := h.Compile(ctx, g.Wasm)
	if err != nil {
		return run, err
	}
	runCtx, cancel := context.WithTimeout(ctx, g.Timeout)
	defer cancel()
	began := time.Now()
	in, err := c.Instantiate(runCtx, g.Instance)
	if err != nil {
		run.Err = err
		return run, ctx.Err()
	}
	err = in.Run(runCtx)
	run.Elapsed = time.Since(began)
	var exit *host.ExitError
	switch {
	case err == nil:
		run.Exit = 0
	case errors.As(err, &exit):
		run.Exit = int(exit.Code)
	case errors.Is(err, context.DeadlineExceeded):
		run.Err = fmt.Errorf("the guest did not end within %v", g.Timeout)
	default:
		run.Err = err
	}
	// A guest that exits leaves its handles to the host, which is no leak.
	if err == nil {
		run.Leaks = leaks(in.Guest())
	}
	_ = in.Close(context.WithoutCancel(ctx))
	stats := cache.Stats()
	run.Granted, run.Filled, run.Dropped, run.Expired = stats.Computations, stats.Filled, stats.Abandoned, stats.Expired
	return run, ctx.Err()
}

// leaks counts the handles that only a cache gives out.
func leaks(g *component.Guest) map[string]int {
	out := map[string]int{}
	for name, n := range g.Held() {
		if strings.HasPrefix(name, "wasi:keyvalue/") || strings.HasPrefix(name, "wasi:io/poll@") {
			out[name] = n
		}
	}
	return out
}
