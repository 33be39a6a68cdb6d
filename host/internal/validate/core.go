package validate

import (
	"fmt"
	"strings"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/types"
)

// coreVal is a core value type: its binary code, and, above it, the heap type
// of a long-form reference.
type coreVal uint64

const (
	coreI32 coreVal = binary.CoreI32
	// heapShift is where the heap type begins. An abstract one is a negative
	// number, a concrete one the sig it refers to.
	heapShift = 8
)

// sig is a core function type: the index of its entry in sigTable. Types are
// the same where their sigs are.
type sig uint32

// coreFunc is a core function type.
type coreFunc struct {
	params, results []coreVal
	open            bool // may have subtypes
}

// coreTypeDef is an entry of the core type index space.
type coreTypeDef struct {
	sig    sig
	module *moduleType // nil: a function type
}

// moduleType is the type of a core module.
type moduleType struct {
	imports []coreImport
	exports map[string]coreExtern
}

type coreImport struct {
	module, name string
	coreExtern
}

// coreExtern is the type of a core item: the field of its sort counts.
type coreExtern struct {
	sort   binary.Sort
	fn     sig
	table  tableType
	memory core.MemoryType
	global globalType
}

type tableType struct {
	elem coreVal
	min  uint32
	max  *uint32
}

type globalType struct {
	val     coreVal
	mutable bool
}

// coreInstance is the type of a core instance.
type coreInstance struct{ exports map[string]coreExtern }

// sigOf gives the sig of a function type.
func (v *validator) sigOf(params, results []coreVal) sig {
	return v.intern(coreFunc{params, results, false})
}

func (v *validator) intern(f coreFunc) sig {
	v.spend(1 + len(f.params) + len(f.results))
	var key strings.Builder
	for _, vals := range [][]coreVal{f.params, f.results} {
		for _, t := range vals {
			for range 8 {
				key.WriteByte(byte(t))
				t >>= 8
			}
		}
		key.WriteByte(0)
	}
	if f.open {
		key.WriteByte(1)
	}
	if s, known := v.sigs[key.String()]; known {
		return s
	}
	s := sig(len(v.sigTable))
	v.sigTable = append(v.sigTable, f)
	v.sigs[key.String()] = s
	return s
}

var coreValNames = map[coreVal]string{
	binary.CoreI32: "i32", binary.CoreI64: "i64", binary.CoreF32: "f32", binary.CoreF64: "f64",
	binary.CoreV128: "v128", binary.CoreFuncRef: "funcref", binary.CoreExternRef: "externref",
}

// spell spells a core function type.
func (v *validator) spell(s sig) string {
	f := &v.sigTable[s]
	list := func(vals []coreVal) string {
		names := make([]string, len(vals))
		for i, t := range vals {
			if names[i] = coreValNames[t]; names[i] == "" {
				names[i] = fmt.Sprintf("ref(%#x)", uint64(t))
			}
		}
		return "[" + strings.Join(names, " ") + "]"
	}
	return list(f.params) + " -> " + list(f.results)
}

// flat gives a flattened signature as a sig.
func (v *validator) flat(params, results []types.CoreType) sig {
	vals := func(list []types.CoreType) []coreVal {
		out := make([]coreVal, len(list))
		for i, t := range list {
			out[i] = coreVal(t)
		}
		return out
	}
	return v.sigOf(vals(params), vals(results))
}
