package main

import (
	"bytes"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasikv/wasikv/host/internal/suites"
	"github.com/wasikv/wasikv/host/internal/wast"
)

// TestSuites runs the scripts with code that wazero compiled and with code that
// it interprets: both come out as the scripts say, and so as each other.
func TestSuites(t *testing.T) {
	dir, err := suites.Dir()
	if err != nil {
		t.Skip(err)
	}
	for name, config := range map[string]wazero.RuntimeConfig{
		"compiler":    wazero.NewRuntimeConfig(),
		"interpreter": wazero.NewRuntimeConfigInterpreter(),
	} {
		t.Run(name, func(t *testing.T) {
			known, err := wast.ReadKnown(bytes.NewReader(knownFailures))
			if err != nil {
				t.Fatal(err)
			}
			report, err := wast.Run(t.Context(), dir, engine{config}, known)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Failures {
				if f.Known == "" {
					t.Error(f.String())
				}
			}
			for _, c := range report.Stale {
				t.Errorf("%v passes: take it off the list of known failures", c)
			}
			for _, tally := range report.Suites {
				t.Logf("%s %d/%d", tally.Name, tally.Passed, tally.Total)
			}
		})
	}
}
