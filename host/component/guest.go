package component

import (
	"context"

	"github.com/wasikv/wasikv/host/internal/abi"
)

// NewGuest makes the state of a guest that is no component instance: a core
// module that an embedder runs on wazero itself, or the guest of a test of
// host interfaces. life bounds it; Close ends it.
func (l *Linker) NewGuest(life context.Context, limits Limits) *Guest {
	return abi.NewGuest(life, limits, l.Len())
}

// WithGuest marks a context as belonging to a call from g.
func WithGuest(ctx context.Context, g *Guest) context.Context { return abi.WithGuest(ctx, g) }

// GuestOf gives the guest that called the host function that runs under ctx;
// nil outside of such a call. Only the calling goroutine may use it.
func GuestOf(ctx context.Context) *Guest { return abi.FromContext(ctx) }
