package preview1

import (
	"slices"

	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/plan"
)

// Functions are what the module wasi_snapshot_preview1 offers.
type Functions map[string]core.FuncType

// Import tells what a core module wants of preview1, and whether it is there;
// nil where it wants nothing.
func (f Functions) Import(m *core.Module) *plan.Import {
	var out *plan.Import
	for i := range m.Imports {
		imp := &m.Imports[i]
		if imp.Module != wasi_snapshot_preview1.ModuleName {
			continue
		}
		if out == nil {
			out = &plan.Import{Name: imp.Module, Served: imp.Module}
		}
		out.Items = append(out.Items, f.item(imp))
	}
	return out
}

func (f Functions) item(imp *core.Import) plan.ImportItem {
	item := plan.ImportItem{Name: imp.Name, Signature: imp.Kind.String()}
	have, known := f[imp.Name]
	switch {
	case imp.Kind != core.Func:
		item.Problem = "preview1 provides functions only"
		return item
	case !known:
		item.Problem = "preview1 has no function of this name"
	case !slices.Equal(imp.Func.Params, have.Params) || !slices.Equal(imp.Func.Results, have.Results):
		item.Problem = "the host's core signature is " + plan.CoreSignature(have.Params, have.Results)
	}
	item.Signature = plan.CoreSignature(imp.Func.Params, imp.Func.Results)
	return item
}
