// Package guests describes the guest programs of this repository: how the
// prebuilt ones in testdata/guests were made, and what running each must give.
//
// It is for the tests of this module, which read both files through ReadManifest
// and ReadScenarios with os.DirFS of testdata/guests. It neither builds nor runs
// a guest: guests.mk does the one, the host's tests the other. Values are plain
// data, safe to share once read.
package guests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
)

// The files of testdata/guests that are not guests.
const (
	ManifestFile  = "MANIFEST.json"
	ScenariosFile = "SCENARIOS.json"
)

// The forms of a guest.
const (
	Core      = "core module"
	Component = "component"
)

// Guest is one built program.
type Guest struct {
	// File is the name in testdata/guests or, of a guest built on demand, in
	// guests/build.
	File string `json:"file"`
	// Language is the source's: "C", "Go", "JavaScript", "Rust", "WAT" or, where a
	// tool makes up all the code, "WIT".
	Language string `json:"language"`
	// Form is Core or Component.
	Form string `json:"form"`
	// Recipe is the make fragment that builds it, from the repository's root.
	Recipe string `json:"recipe"`
	// OnDemand says that the guest is not in the repository; "make guests-js"
	// builds it. Toolchain, hashes and size are then empty.
	OnDemand bool `json:"onDemand,omitempty"`
	// Toolchain is what the compiler said of itself.
	Toolchain string `json:"toolchain,omitempty"`
	// Size and SHA256 are those of the file.
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Sources are the files that it was built from, sorted by path.
	Sources []Source `json:"sources"`
}

// Source is a file that a guest was built from.
type Source struct {
	// Path is relative to the repository's root, with slashes.
	Path string `json:"path"`
	// SHA256 is the hash of the file as it was built.
	SHA256 string `json:"sha256,omitempty"`
}

// Scenario is a sequence of runs on one cache that starts empty.
type Scenario struct {
	// Name is unique.
	Name string `json:"name"`
	// Guests are files; the whole scenario is played with each in turn. Empty:
	// every step names its own.
	Guests []string `json:"guests,omitempty"`
	// Cache is the cache's URL; empty is plain memory.
	Cache string `json:"cache,omitempty"`
	// Namespace is what the guests share; empty leaves each component its own.
	Namespace string `json:"namespace,omitempty"`
	// Needs are imports that the player must offer beside the host's own, as
	// guests/wat/bench.wit describes them.
	Needs []string `json:"needs,omitempty"`
	// Steps follow each other.
	Steps []Step `json:"steps"`
}

// Step is one run, or one call of an exported function, and what it must give.
type Step struct {
	// Guest is the file where the scenario names none.
	Guest string `json:"guest,omitempty"`
	// Args are what follows the program's name.
	Args []string `json:"args,omitempty"`
	// Env is the whole environment, each "KEY=value".
	Env []string `json:"env,omitempty"`
	// Stdin is what the guest may read.
	Stdin string `json:"stdin,omitempty"`
	// Instances is how many run at the same time; 0 means 1.
	Instances int `json:"instances,omitempty"`
	// Call is a function call in WAVE, in place of a run; Result its result. The
	// calls of consecutive steps go to one instance.
	Call   string `json:"call,omitempty"`
	Result string `json:"result,omitempty"`

	// Stdout is all of stdout; StdoutMatch a regular expression that it matches;
	// StdoutLines how often each line comes, in any order. At most one is set,
	// and with none stdout is empty.
	Stdout      string         `json:"stdout,omitempty"`
	StdoutMatch string         `json:"stdoutMatch,omitempty"`
	StdoutLines map[string]int `json:"stdoutLines,omitempty"`
	// StderrMatch is a regular expression that the guest's own stderr matches.
	StderrMatch string `json:"stderrMatch,omitempty"`
	// Exit is the exit code of each instance. With Trap, the guest traps instead.
	Exit int  `json:"exit,omitempty"`
	Trap bool `json:"trap,omitempty"`
}

// ReadManifest reads the list of guests. The error names the file and what is
// wrong with it.
func ReadManifest(testdata fs.FS) ([]Guest, error) {
	var file struct {
		Guests []Guest `json:"guests"`
	}
	err := read(testdata, ManifestFile, &file)
	return file.Guests, err
}

// ReadScenarios reads what the guests must give. The error names the file and
// what is wrong with it.
func ReadScenarios(testdata fs.FS) ([]Scenario, error) {
	var file struct {
		Scenarios []Scenario `json:"scenarios"`
	}
	err := read(testdata, ScenariosFile, &file)
	return file.Scenarios, err
}

// read is strict: a misspelt field would silently be an expectation less.
func read(testdata fs.FS, name string, into any) error {
	text, err := fs.ReadFile(testdata, name)
	if err != nil {
		return fmt.Errorf("guests: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("guests: %s: %w", name, err)
	}
	return nil
}
