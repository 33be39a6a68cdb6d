package random

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/random"
	"github.com/wasikv/wasikv/host/component"
)

func registerRandom(l *component.Linker) error {
	return random.RegisterEach(l, func(g *component.Guest) (random.Host, error) { return NewRandom(g), nil })
}

// NewRandom makes the functions of wasi:random/random for a guest.
func NewRandom(g *component.Guest) random.Host { return secure{newGenerator(g, "random")} }

type secure struct{ *generator }

// GetRandomBytes is random.get-random-bytes. It traps where more than
// Limits.LiftBytes are asked for. The answer is valid until the next call.
func (r secure) GetRandomBytes(_ context.Context, n uint64) ([]byte, error) { return r.bytes(n) }

// GetRandomU64 is random.get-random-u64.
func (r secure) GetRandomU64(context.Context) (uint64, error) { return r.uint64(), nil }
