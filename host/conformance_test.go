package host_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi"
)

const conformance = testdata + "/conformance"

// The forms in which testdata/guests/conformance has each program.
const (
	asComponent  = ".component.wasm"
	asCoreModule = ".wasm"
)

// tap is what a conformance guest reports.
type tap struct {
	plan  int
	lines []tapLine
	notes []string
}

// tapLine says of one behaviour whether it was shown.
type tapLine struct {
	ok              bool
	role            string // "B05", "B51-wait"
	title           string
	reason, skipped string
}

var (
	tapPlan = regexp.MustCompile(`^1\.\.(\d+)$`)
	tapTest = regexp.MustCompile(`^(not ok|ok) (\d+) - (\S+) (.*?)(?: # (?:SKIP (.*)|(.*)))?$`)
)

// readTAP reads a report, which may end early: the guest trapped.
func readTAP(text string) (r tap, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != "TAP version 13" {
		return r, fmt.Errorf("the report begins with %q", lines[0])
	}
	for _, line := range lines[1:] {
		if note, ok := strings.CutPrefix(line, "# "); ok {
			r.notes = append(r.notes, note)
		} else if m := tapPlan.FindStringSubmatch(line); m != nil {
			r.plan, err = strconv.Atoi(m[1])
		} else if m := tapTest.FindStringSubmatch(line); m != nil && m[2] == strconv.Itoa(len(r.lines)+1) {
			r.lines = append(r.lines, tapLine{ok: m[1] == "ok", role: m[3], title: m[4], skipped: m[5], reason: m[6]})
		} else {
			err = errors.New("the report has the line " + strconv.Quote(line))
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// noted gives what the report's notes say after a name.
func (r *tap) noted(name string) (values []string) {
	for _, note := range r.notes {
		if v, ok := strings.CutPrefix(note, name+" "); ok {
			values = append(values, v)
		}
	}
	return values
}

// counted gives the sum of the numbers that the notes of a name tell.
func (r *tap) counted(t *testing.T, name string) (sum uint64) {
	t.Helper()
	values := r.noted(name)
	if len(values) == 0 {
		t.Errorf("the guest does not tell %q", name)
	}
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Error(err)
		}
		sum += n
	}
	return sum
}

// check reports what was not shown, of the lines whose role is or begins with
// that of a behaviour; there must be one.
func (r *tap) check(t *testing.T, behaviour string) {
	t.Helper()
	found := false
	for _, l := range r.lines {
		if name, _, _ := strings.Cut(l.role, "-"); name != behaviour && l.role != behaviour {
			continue
		}
		found = true
		switch {
		case !l.ok:
			t.Errorf("%s %s: %s", l.role, l.title, l.reason)
		case l.skipped != "":
			t.Errorf("%s %s was skipped: %s", l.role, l.title, l.skipped)
		}
	}
	if !found {
		t.Errorf("the guest says nothing of %s", behaviour)
	}
}

// site is a host over a cache, for conformance guests.
type site struct {
	host  *host.Host
	cache *backends.Cache

	mu       sync.Mutex
	compiled map[string]*host.Component
	reports  map[string]func() (tap, error)
}

// newSite opens the cache of a URL and a host over it, until the test ends.
func newSite(t *testing.T, url string) *site {
	t.Helper()
	cache, err := backends.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return newSiteOver(t, cache)
}

// newSiteOver opens a host over a cache.
func newSiteOver(t *testing.T, cache *backends.Cache) *site {
	t.Helper()
	h, err := host.New(t.Context(), host.Config{Cache: cache, CompilationCache: compiled()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &site{
		host: h, cache: cache,
		compiled: map[string]*host.Component{}, reports: map[string]func() (tap, error){},
	}
}

// guestRun is one run of a conformance guest.
type guestRun struct {
	program   string // with its form
	role      string // "": all
	prefix    string // of its keys; "": one that no other run has
	number    int
	namespace string // "": as the prefix
	limits    component.Limits
	watch     io.Writer // what hears of the output at once; nil: nothing
	ended     func()    // called after the run, before the instance is closed; nil: nothing
}

var runs atomic.Uint64

// uniquePrefix gives a prefix that no other run has.
func uniquePrefix() string { return fmt.Sprintf("run-%d-%d", os.Getpid(), runs.Add(1)) }

// component compiles a program once.
func (s *site) component(ctx context.Context, program string) (*host.Component, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.compiled[program]; c != nil {
		return c, nil
	}
	wasm, err := os.ReadFile(filepath.Join(conformance, program))
	if err != nil {
		return nil, err
	}
	c, err := s.host.Compile(ctx, wasm)
	if err == nil {
		s.compiled[program] = c
	}
	return c, err
}

// run runs a guest to its end. The error is that of Instance.Run, or says what
// is wrong with the report, or that a guest which succeeded left handles.
func (s *site) run(ctx context.Context, r guestRun) (tap, error) {
	c, err := s.component(ctx, r.program)
	if err != nil {
		return tap{}, err
	}
	prefix := cmp.Or(r.prefix, uniquePrefix())
	var stdout bytes.Buffer
	out := io.Writer(&stdout)
	if r.watch != nil {
		out = io.MultiWriter(&stdout, r.watch)
	}
	in, err := c.Instantiate(ctx, host.InstanceConfig{
		Config:    wasi.Config{Args: []string{r.program, cmp.Or(r.role, "all"), prefix, strconv.Itoa(r.number)}, Stdout: out},
		Namespace: cmp.Or(r.namespace, prefix),
		Limits:    r.limits,
	})
	if err != nil {
		return tap{}, err
	}
	ran := in.Run(ctx)
	held := in.Guest().Held()
	if r.ended != nil {
		r.ended()
	}
	if err := in.Close(context.WithoutCancel(ctx)); err != nil {
		return tap{}, err
	}
	report, err := readTAP(stdout.String())
	switch {
	case err != nil:
		return report, errors.Join(err, ran)
	case ran != nil:
		return report, ran
	case len(report.lines) != report.plan:
		return report, fmt.Errorf("%d of %d behaviours were reported", len(report.lines), report.plan)
	case len(held) > 0:
		return report, fmt.Errorf("the guest ended with handles: %v", held)
	}
	return report, nil
}

// must is run for a guest that is to succeed, within a minute.
func (s *site) must(t *testing.T, r guestRun) tap {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := s.run(ctx, r)
	for _, l := range report.lines {
		if !l.ok {
			t.Errorf("%s %s: %s: %s", r.program, l.role, l.title, l.reason)
		}
	}
	if err != nil {
		t.Errorf("%s %s: %v", r.program, cmp.Or(r.role, "all"), err)
	}
	return report
}

// all gives the report of a program's whole run, which is done once. An exit
// status is no error here: the report says why.
func (s *site) all(ctx context.Context, program string) (tap, error) {
	s.mu.Lock()
	once := s.reports[program]
	if once == nil {
		once = sync.OnceValues(func() (tap, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			report, err := s.run(ctx, guestRun{program: program})
			var exit *host.ExitError
			if errors.As(err, &exit) && len(report.lines) == report.plan {
				err = nil
			}
			return report, err
		})
		s.reports[program] = once
	}
	s.mu.Unlock()
	return once()
}
