package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wasikv/wasikv/backends"
)

// runReport tells how a run went, for programs.
type runReport struct {
	Guest     string           `json:"guest"`
	Namespace string           `json:"namespace"`
	Cache     *cacheReport     `json:"cache,omitempty"` // absent: not used
	Instances []instanceReport `json:"instances"`
	CompileMS float64          `json:"compile_ms"`
	RunMS     float64          `json:"run_ms"`
}

// cacheReport is what the cache did. Computed counts the values that guests
// computed to fill a vacancy; Hits the lookups that gave a value, at once or
// after waiting for whoever computed it; Misses those that gave none, among
// them the ones whose guest got a vacancy.
type cacheReport struct {
	Store     string `json:"store"`
	Computed  uint64 `json:"computed"`
	Hits      uint64 `json:"hits"`
	Misses    uint64 `json:"misses"`
	Waited    uint64 `json:"waited"`
	Sets      uint64 `json:"sets"`
	Deletes   uint64 `json:"deletes"`
	Vacancies uint64 `json:"vacancies"`
	Abandoned uint64 `json:"abandoned"`
	Expired   uint64 `json:"expired"`
	Replaced  uint64 `json:"replaced"`
	Errors    uint64 `json:"errors"`
}

// instanceReport is how an instance ended.
type instanceReport struct {
	Status int     `json:"status"`
	Error  string  `json:"error,omitempty"`
	TookMS float64 `json:"took_ms"`
}

func newReport(file string, s *settings, store *store, outcomes []outcome) *runReport {
	r := &runReport{Guest: file, Namespace: s.namespace}
	if stats, used := store.byGuests(); used {
		r.Cache = newCacheReport(store.name, stats)
	}
	for _, o := range outcomes {
		i := instanceReport{Status: status(o.err), TookMS: millis(o.took)}
		if o.err != nil {
			i.Error = o.err.Error()
		}
		r.Instances = append(r.Instances, i)
	}
	return r
}

func newCacheReport(name string, s backends.Stats) *cacheReport {
	return &cacheReport{
		Store: name, Computed: s.Filled, Hits: s.Hits + s.Shared, Misses: s.Misses - s.Shared, Waited: s.Waits,
		Sets: s.Sets, Deletes: s.Deletes, Vacancies: s.Computations, Abandoned: s.Abandoned,
		Expired: s.Expired, Replaced: s.Superseded, Errors: s.Errors,
	}
}

// tell writes the report where the settings want it.
func (p *program) tell(r *runReport, s *settings) error {
	switch {
	case s.report && s.reportFile != "":
		f, err := os.Create(s.reportFile)
		if err != nil {
			return &failure{statusHost, fmt.Errorf("--report: %w", err)}
		}
		err = writeReport(f, r)
		if e := f.Close(); err == nil {
			err = e
		}
		return err
	case s.report:
		return writeReport(p.stderr, r)
	case s.quiet:
		return nil
	}
	if text := r.text(); text != "" {
		_, err := fmt.Fprintln(p.stderr, "wasikv: "+text)
		return err
	}
	return nil
}

func writeReport(w io.Writer, r *runReport) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// text is the report in a line, "" where there is nothing to say.
func (r *runReport) text() string {
	var parts []string
	if n := len(r.Instances); n > 1 {
		ended := fmt.Sprintf("%d instances", n)
		if failed := r.failed(); failed > 0 {
			ended += fmt.Sprintf(" (%d failed)", failed)
		}
		parts = append(parts, ended)
	}
	if r.Cache != nil {
		parts = append(parts, r.Cache.text())
	}
	return strings.Join(parts, "; ")
}

func (r *runReport) failed() (n int) {
	for _, i := range r.Instances {
		if i.Status != 0 {
			n++
		}
	}
	return n
}

// text names what happened and leaves out what did not, but for what a reader
// looks for first.
func (c *cacheReport) text() string {
	counts := []struct {
		n    uint64
		what string
		show bool
	}{
		{c.Computed, "computed", c.Vacancies > 0},
		{c.Hits, "hit", true},
		{c.Misses, "missed", c.Vacancies == 0},
		{c.Waited, "waited", false},
		{c.Sets, "set", false},
		{c.Deletes, "deleted", false},
		{c.Abandoned, "abandoned", false},
		{c.Expired, "timed out", false},
		{c.Replaced, "replaced", false},
		{c.Errors, "failed", false},
	}
	var parts []string
	for _, k := range counts {
		if k.n > 0 && k.what != "missed" || k.show {
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	return "cache " + c.Store + ": " + strings.Join(parts, ", ")
}
