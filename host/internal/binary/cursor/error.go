package cursor

import "fmt"

// Error says that bytes are not a well-formed component or module.
type Error struct {
	// Offset is where in the outermost file, in bytes.
	Offset int64
	// Item names the definition being read, "" outside any.
	Item string
	// Reason is what is wrong, as a clause that can follow a colon.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Item == "" {
		return fmt.Sprintf("%s (at offset %#x)", e.Reason, e.Offset)
	}
	return fmt.Sprintf("%s: %s (at offset %#x)", e.Item, e.Reason, e.Offset)
}

// Origin tells where a feature that this host lacks belongs.
type Origin uint8

// The origins.
const (
	// Release03 features are part of the component model's 0.3 release.
	Release03 Origin = iota
	// Proposed features are proposals to the component model, in no release.
	Proposed
	// Core features are extensions of core WebAssembly.
	Core
)

var origins = [...]string{
	Release03: "a component-model 0.3 feature; this host runs 0.2 components",
	Proposed:  "a component-model proposal, not part of 0.2; this host runs 0.2 components",
	Core:      "a core WebAssembly extension that this host's engine does not run",
}

// Feature is something that a file may use and this host does not have.
type Feature struct {
	Name   string // a noun phrase in the singular: "stream type"
	Origin Origin
}

// UnsupportedError says that a file uses a feature that this host does not
// have. The file may well be valid elsewhere.
type UnsupportedError struct {
	Feature Feature
	// Offset is where in the outermost file, in bytes.
	Offset int64
	// Item names the definition that uses the feature, "" outside any.
	Item string
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	s := fmt.Sprintf("%s: %s (at offset %#x)", e.Feature.Name, origins[e.Feature.Origin], e.Offset)
	if e.Item != "" {
		s = e.Item + ": " + s
	}
	return s
}
