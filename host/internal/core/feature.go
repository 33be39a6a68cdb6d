package core

import "github.com/wasikv/wasikv/host/internal/binary/cursor"

// Error says that bytes are not a well-formed module, or exceed a limit.
type Error = cursor.Error

// UnsupportedError says that a module uses a feature that wazero does not
// have.
type UnsupportedError = cursor.UnsupportedError

// Feature is a feature that wazero does not have.
type Feature = cursor.Feature

// The features that a module can be refused for.
var (
	FeatureGC          = feature("a struct, array, recursive or extensible type (gc)")
	FeatureTypedRefs   = feature("a typed reference (function-references, gc)")
	FeatureTableInit   = feature("a table with an initial value (function-references)")
	FeatureTags        = feature("a tag (exception-handling)")
	FeatureExnRef      = feature("an exception reference (exception-handling)")
	FeatureMemory64    = feature("a 64-bit memory or table (memory64)")
	FeatureMultiMemory = feature("more than one memory (multi-memory)")
	FeatureThreads     = feature("a shared memory or table (threads)")
	FeaturePageSize    = feature("a memory with a page size of its own (custom-page-sizes)")
	FeatureExactFunc   = feature("an exact function type (custom-descriptors)")
	FeatureStringRef   = feature("a string constant section (stringref)")
)

func feature(name string) Feature { return Feature{Name: name, Origin: cursor.Core} }
