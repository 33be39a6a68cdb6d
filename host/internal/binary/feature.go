package binary

import "github.com/wasikv/wasikv/host/internal/binary/cursor"

// Error says that bytes are not a well-formed component.
type Error = cursor.Error

// UnsupportedError says that a component uses a feature that this host does
// not have.
type UnsupportedError = cursor.UnsupportedError

// Feature is a feature that this host does not have.
type Feature = cursor.Feature

// The features that a component can be refused for.
var (
	FeatureAsyncFunc      = release03("an async function type")
	FeatureAsyncName      = release03("the name of an async function")
	FeatureAsyncOption    = release03("the canonical option async")
	FeatureCallback       = release03("the canonical option callback")
	FeatureStream         = release03("a stream type")
	FeatureFuture         = release03("a future type")
	FeatureErrorContext   = release03("an error-context type")
	FeatureValues         = proposed("a component-level value")
	FeatureStart          = proposed("a component start function")
	FeatureValueSection   = proposed("a value definition")
	FeatureFixedList      = proposed("a fixed-length list type")
	FeatureMap            = proposed("a map type")
	FeatureNameAttributes = proposed("a name with attributes (implements, versionsuffix, external-id)")
	FeatureGCOption       = proposed("the canonical option gc")
	FeatureCoreTypeOption = proposed("the canonical option core-type")
	FeatureResource64     = proposed("a resource with a 64-bit representation (memory64)")
	FeatureGC             = coreExtension("a struct, array, recursive or extensible core type (gc)")
	FeatureTags           = coreExtension("a tag (exception handling)")
	FeatureMemory64       = coreExtension("a 64-bit memory or table (memory64)")
	FeatureThreads        = coreExtension("a shared memory or table (threads)")
	FeaturePageSize       = coreExtension("a memory with a page size of its own (custom-page-sizes)")
	FeatureExactFunc      = coreExtension("an exact function type (custom-descriptors)")
)

func release03(name string) Feature     { return Feature{Name: name, Origin: cursor.Release03} }
func proposed(name string) Feature      { return Feature{Name: name, Origin: cursor.Proposed} }
func coreExtension(name string) Feature { return Feature{Name: name, Origin: cursor.Core} }

// builtins are the canonical built-ins beyond 0.2, by their opcodes.
var builtins = map[byte]Feature{
	0x05: release03("canon task.cancel"),
	0x06: release03("canon subtask.cancel"),
	0x08: release03("canon backpressure.set"),
	0x09: release03("canon task.return"),
	0x0a: release03("canon context.get"),
	0x0b: release03("canon context.set"),
	0x0c: release03("canon thread.yield"),
	0x0d: release03("canon subtask.drop"),
	0x0e: release03("canon stream.new"),
	0x0f: release03("canon stream.read"),
	0x10: release03("canon stream.write"),
	0x11: release03("canon stream.cancel-read"),
	0x12: release03("canon stream.cancel-write"),
	0x13: release03("canon stream.drop-readable"),
	0x14: release03("canon stream.drop-writable"),
	0x15: release03("canon future.new"),
	0x16: release03("canon future.read"),
	0x17: release03("canon future.write"),
	0x18: release03("canon future.cancel-read"),
	0x19: release03("canon future.cancel-write"),
	0x1a: release03("canon future.drop-readable"),
	0x1b: release03("canon future.drop-writable"),
	0x1c: release03("canon error-context.new"),
	0x1d: release03("canon error-context.debug-message"),
	0x1e: release03("canon error-context.drop"),
	0x1f: release03("canon waitable-set.new"),
	0x20: release03("canon waitable-set.wait"),
	0x21: release03("canon waitable-set.poll"),
	0x22: release03("canon waitable-set.drop"),
	0x23: release03("canon waitable.join"),
	0x24: release03("canon backpressure.inc"),
	0x25: release03("canon backpressure.dec"),
	0x26: proposed("canon thread.index"),
	0x27: proposed("canon thread.new-indirect"),
	0x28: proposed("canon thread.resume-later"),
	0x29: proposed("canon thread.suspend"),
	0x2a: proposed("canon thread.suspend-then-resume"),
	0x2b: proposed("canon thread.yield-then-resume"),
	0x2c: proposed("canon thread.suspend-then-promote"),
	0x2d: proposed("canon thread.yield-then-promote"),
	0x40: proposed("canon thread.spawn-ref"),
	0x41: proposed("canon thread.spawn-indirect"),
	0x42: proposed("canon thread.available-parallelism"),
}
