package suites_test

import (
	"testing"

	"github.com/wasikv/wasikv/host/internal/suites"
)

func TestVectors(t *testing.T) { check(t, "abi-vectors", 1500, suites.RunVectors) }

func TestMutants(t *testing.T) { check(t, "abi-lift-mutants", 300, suites.RunMutants) }

func check(t *testing.T, name string, want int, run func(dir string) (int, int, []suites.Failure, error)) {
	dir, err := suites.Dir()
	if err != nil {
		t.Skip(err)
	}
	passed, total, failures, err := run(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failures {
		t.Error(f)
	}
	if total != want {
		t.Errorf("the suite has %d cases, want %d", total, want)
	}
	t.Logf("%s %d/%d", name, passed, total)
}
