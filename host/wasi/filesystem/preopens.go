package filesystem

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/preopens"
	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
)

func registerPreopens(l *component.Linker) error {
	return preopens.RegisterEach(l, func(g *component.Guest) (preopens.Host, error) { return NewPreopens(g), nil })
}

// NewPreopens makes the functions of wasi:filesystem/preopens for a guest.
func NewPreopens(g *component.Guest) preopens.Host { return guestOf(g) }

// GetDirectories is preopens.get-directories.
func (g *guest) GetDirectories(context.Context) ([]component.Tuple2[types.Descriptor, string], error) {
	out := make([]component.Tuple2[types.Descriptor, string], len(g.preopens))
	for i, p := range g.preopens {
		out[i].F0 = &descriptor{guest: g, base: p, root: p.root, flags: p.flags()}
		out[i].F1 = p.path
	}
	return out, nil
}

// flags are those of a descriptor of the directory.
func (p *preopen) flags() types.DescriptorFlags {
	if p.readOnly {
		return types.DescriptorFlagsRead
	}
	return types.DescriptorFlagsRead | types.DescriptorFlagsMutateDirectory
}
