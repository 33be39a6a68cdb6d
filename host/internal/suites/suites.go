// Package suites runs the canonical-ABI files of the component model's test
// suites against package abi: vectors of values with their memory images, and
// corrupted images with what lifting them must do. It is a library, so that a
// test and the runner of all suites share it; the scripts of the suites are run
// elsewhere.
//
// The files are data and no part of this repository: Dir finds them.
package suites

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files that this package runs.
const (
	Vectors = "abi-vectors.jsonl"
	Mutants = "abi-lift-mutants.jsonl"
)

// ErrAbsent says that there are no suites on this machine.
var ErrAbsent = errors.New("the suites are absent: set WASIKV_SUITES to their folder")

// Dir finds the folder of the suites: $WASIKV_SUITES, else ../shared/suites
// beside the module's root, which is the nearest folder at or above the
// working directory that has a go.mod.
func Dir() (string, error) {
	dir := os.Getenv("WASIKV_SUITES")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			return "", err
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			up := filepath.Dir(root)
			if up == root {
				return "", ErrAbsent
			}
			root = up
		}
		dir = filepath.Join(root, "..", "shared", "suites")
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%w (looked in %s)", ErrAbsent, dir)
	}
	return dir, nil
}

// Failure is a case that did not come out as the suite says.
type Failure struct {
	File   string
	Line   int
	Reason string
}

// String places the failure: "abi-vectors.jsonl:17: …".
func (f Failure) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason) }

// RunVectors runs the vectors: each value is lowered to memory and to core
// values, with the allocations on the way compared, and lifted back from both.
func RunVectors(dir string) (passed, total int, failures []Failure, err error) {
	return run(dir, Vectors, (*vector).run)
}

// RunMutants runs the corrupted images.
func RunMutants(dir string) (passed, total int, failures []Failure, err error) {
	return run(dir, Mutants, (*mutant).run)
}

// run decodes a file's lines and checks each; a check returns why it failed.
func run[T any](dir, file string, check func(*T) error) (passed, total int, failures []Failure, err error) {
	in, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return 0, 0, nil, err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		total++
		c := new(T)
		err := json.Unmarshal(lines.Bytes(), c)
		if err == nil {
			err = check(c)
		}
		if err != nil {
			failures = append(failures, Failure{file, total, err.Error()})
			continue
		}
		passed++
	}
	return passed, total, failures, lines.Err()
}
