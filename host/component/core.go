package component

import "github.com/tetratelabs/wazero/api"

// CoreType is a core WebAssembly value type, of which the signatures of
// adapters consist.
type CoreType = api.ValueType

// The core types that the canonical ABI flattens values to.
const (
	CoreI32 CoreType = api.ValueTypeI32
	CoreI64 CoreType = api.ValueTypeI64
	CoreF32 CoreType = api.ValueTypeF32
	CoreF64 CoreType = api.ValueTypeF64
)
