package host

import (
	"encoding/binary"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/core"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/types"
)

// Report tells what a guest is made of, and whether the host can run it.
type Report struct {
	// Kind is "component" or "core module".
	Kind string `json:"kind"`
	// Bytes is the size of the file.
	Bytes int `json:"bytes"`
	// Runnable says that the host serves every import.
	Runnable bool `json:"runnable"`
	// Command says that the guest exports what Instance.Run runs.
	Command bool `json:"command"`
	// Imports are what the guest needs, in its order.
	Imports []ReportImport `json:"imports"`
	// Exports are what can be called or referred to from outside.
	Exports []ReportExport `json:"exports"`
	// Modules are the core modules that an instance of a component is made of,
	// each counted once; for a core module, itself.
	Modules []ReportModule `json:"modules"`
	// Custom are the custom sections of the outermost level.
	Custom []ReportSection `json:"custom"`
}

// ReportImport is an import and what becomes of it.
type ReportImport struct {
	Name string `json:"name"`
	// ServedBy is the host's interface, which may be of another version; ""
	// where none serves the import.
	ServedBy string `json:"served_by,omitempty"`
	// Satisfied says that it has everything the guest wants of it.
	Satisfied bool `json:"satisfied"`
	// Nearest is the most similar interface that the host offers, for an import
	// that none serves; "" where there is none.
	Nearest string `json:"nearest,omitempty"`
	// Problem says why the import as a whole is not satisfied, "" where single
	// items are not, or none.
	Problem string `json:"problem,omitempty"`
	// Items are the functions, resources and types that the guest wants.
	Items []ReportItem `json:"items"`
}

// ReportItem is something that an import is to have.
type ReportItem struct {
	Name string `json:"name"`
	// Type is what the guest declares: "func(key: string) -> …", "resource", …
	Type string `json:"type"`
	// Problem says why the host cannot serve it, "" where it can.
	Problem string `json:"problem,omitempty"`
}

// ReportExport is an export of a guest.
type ReportExport struct {
	Name string `json:"name"`
	// Kind is "function", "instance", "type" or "resource"; of core modules also
	// "table", "memory" and "global".
	Kind string `json:"kind"`
	// Type is the signature of a function, the structure of a type.
	Type string `json:"type,omitempty"`
	// Callable says that Instance.Call can call the function.
	Callable bool `json:"callable,omitempty"`
	// Items are what an instance exports.
	Items []ReportExport `json:"items,omitempty"`
}

// ReportModule is a core module.
type ReportModule struct {
	Bytes int `json:"bytes"`
	// Functions counts those it defines.
	Functions int `json:"functions"`
	// MemoryBytes is what its memory has when it starts.
	MemoryBytes uint64 `json:"memory_bytes"`
}

// ReportSection is a custom section.
type ReportSection struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

// Inspect tells what a guest is made of and whether this host can run it,
// without compiling it. Imports that are not served are no error, they are in
// the Report.
//
// Errors: *FormatError where the file is not a guest that can be read.
func (h *Host) Inspect(wasm []byte) (*Report, error) {
	s, err := h.read(wasm)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Kind: "component", Bytes: len(wasm),
		Runnable: len(s.plan.Missing()) == 0, Command: entryOf(s.plan.Exports) >= 0,
		Imports: reportImports(s.plan.Imports),
		Modules: reportModules(s.plan.Modules),
	}
	if s.module != nil {
		r.Kind, r.Exports, r.Custom = "core module", coreExports(s.module, s.plan), coreCustom(wasm)
		return r, nil
	}
	r.Exports = reportExports(s.plan.Exports)
	r.Custom = make([]ReportSection, len(s.def.Custom))
	for i, c := range s.def.Custom {
		r.Custom[i] = ReportSection{Name: c.Name, Bytes: len(c.Bytes)}
	}
	return r, nil
}

// Imports lists the names of what the component imports.
func (c *Component) Imports() []string {
	out := make([]string, len(c.linked.Plan.Imports))
	for i := range out {
		out[i] = c.linked.Plan.Imports[i].Name
	}
	return out
}

func reportImports(in []plan.Import) []ReportImport {
	out := make([]ReportImport, len(in))
	for i := range in {
		imp := &in[i]
		r := ReportImport{
			Name: imp.Name, ServedBy: imp.Served, Satisfied: imp.Satisfied(), Nearest: imp.Nearest,
			Problem: imp.Problem, Items: make([]ReportItem, len(imp.Items)),
		}
		for k, item := range imp.Items {
			r.Items[k] = ReportItem{Name: item.Name, Type: item.Signature, Problem: item.Problem}
		}
		out[i] = r
	}
	return out
}

func reportExports(in []plan.Export) []ReportExport {
	out := make([]ReportExport, 0, len(in))
	for i := range in {
		x := &in[i]
		r := ReportExport{Name: x.Name, Callable: x.Lifted >= 0}
		switch {
		case x.Instance:
			r.Kind, r.Items = "instance", reportExports(x.Exports)
		case x.Func != nil:
			r.Kind, r.Type = "function", x.Func.String()
		default:
			r.Kind, r.Type = typeText(x.Type)
		}
		out = append(out, r)
	}
	return out
}

// typeText gives the kind and structure of an exported type.
func typeText(t any) (kind, text string) {
	switch t := t.(type) {
	case *types.Resource:
		return "resource", t.Name
	case fmt.Stringer:
		return "type", t.String()
	}
	return "type", ""
}

// coreExports lists the exports of a core module, of which Call knows those
// that pass numbers only.
func coreExports(m *core.Module, p *plan.Plan) []ReportExport {
	callable := make(map[string]bool, len(p.Exports))
	for i := range p.Exports {
		callable[p.Exports[i].Name] = p.Exports[i].Lifted >= 0
	}
	out := make([]ReportExport, len(m.Exports))
	for i := range m.Exports {
		x := &m.Exports[i]
		r := ReportExport{Name: x.Name, Kind: x.Kind.String(), Callable: callable[x.Name]}
		if x.Func != nil {
			r.Type = plan.CoreSignature(x.Func.Params, x.Func.Results)
		}
		out[i] = r
	}
	return out
}

// reportModules lists core modules, of which several editions with different
// imports count once.
func reportModules(in []plan.Module) []ReportModule {
	out := make([]ReportModule, 0, len(in))
	seen := make(map[*core.Module]bool, len(in))
	for i := range in {
		m := in[i].Source
		if seen[m] {
			continue
		}
		seen[m] = true
		r := ReportModule{Bytes: m.Size(), Functions: m.Funcs}
		for _, memory := range m.Memories {
			r.MemoryBytes += uint64(memory.Min) << 16
		}
		out = append(out, r)
	}
	return out
}

// coreCustom lists the custom sections of a core module whose structure is
// known to be right.
func coreCustom(wasm []byte) []ReportSection {
	out := []ReportSection{}
	const preamble, custom = 8, 0
	for rest := wasm[preamble:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		body := rest[1+n:][:size]
		if rest[0] == custom {
			length, k := binary.Uvarint(body)
			out = append(out, ReportSection{Name: string(body[k:][:length]), Bytes: int(size) - k - int(length)})
		}
		rest = rest[1+n:][size:]
	}
	return out
}
