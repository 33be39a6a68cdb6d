package wast

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Tally counts the commands under a name.
type Tally struct {
	Name          string
	Passed, Total int
}

// Failure is a command that did not come out as its script says.
type Failure struct {
	Case
	Reason string
	// Known is the reason that the known-failures file gives, "" where it does
	// not list the case.
	Known string
}

// String places the failure.
func (f *Failure) String() string {
	if f.Known != "" {
		return fmt.Sprintf("%v: %s [known: %s]", f.Case, f.Reason, f.Known)
	}
	return fmt.Sprintf("%v: %s", f.Case, f.Reason)
}

// Report is what a run came to.
type Report struct {
	// Suites and Directories count by suite and by directory of a suite, in
	// the order of the index. Known failures count as not passed.
	Suites, Directories []Tally
	Failures            []Failure
	// Stale are the listed cases that passed.
	Stale []Case

	known Known
	seen  map[Case]bool
}

// Ok reports whether every failure is a known one and every known one failed.
func (r *Report) Ok() bool {
	return len(r.Stale) == 0 && !slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Known == "" })
}

// WriteTo prints each failure by file and line, then "NAME passed/total" per
// directory and per suite.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for i := range r.Failures {
		fmt.Fprintln(&b, r.Failures[i].String())
	}
	for _, c := range r.Stale {
		fmt.Fprintf(&b, "%v: it passes: take it off the list of known failures\n", c)
	}
	for _, tallies := range [][]Tally{r.Directories, r.Suites} {
		for _, t := range tallies {
			fmt.Fprintf(&b, "%s %d/%d\n", t.Name, t.Passed, t.Total)
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// add counts a command, which came out with err.
func (r *Report) add(suite, file string, line int, err error) {
	c := Case{Suite: suite, File: file, Line: line}
	count(&r.Suites, suite, err == nil)
	count(&r.Directories, directory(suite, file), err == nil)
	why, listed := r.known[c]
	if listed {
		if r.seen == nil {
			r.seen = map[Case]bool{}
		}
		r.seen[c] = true
	}
	switch {
	case err != nil:
		r.Failures = append(r.Failures, Failure{Case: c, Reason: err.Error(), Known: why})
	case listed:
		r.Stale = append(r.Stale, c)
	}
}

// finish fails where the list of known failures has cases that the suites do
// not have.
func (r *Report) finish() error {
	for c := range r.known {
		if !r.seen[c] {
			return fmt.Errorf("the list of known failures has %v, which is no command of the suites", c)
		}
	}
	return nil
}

func count(tallies *[]Tally, name string, passed bool) {
	i := slices.IndexFunc(*tallies, func(t Tally) bool { return t.Name == name })
	if i < 0 {
		i = len(*tallies)
		*tallies = append(*tallies, Tally{Name: name})
	}
	(*tallies)[i].Total++
	if passed {
		(*tallies)[i].Passed++
	}
}
