package random

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/insecure"
	"github.com/wasikv/wasikv/host/component"
)

func registerInsecure(l *component.Linker) error {
	return insecure.RegisterEach(l, func(g *component.Guest) (insecure.Host, error) { return NewInsecure(g), nil })
}

// NewInsecure makes the functions of wasi:random/insecure for a guest.
func NewInsecure(g *component.Guest) insecure.Host { return fast{newGenerator(g, "insecure")} }

type fast struct{ *generator }

// GetInsecureRandomBytes is insecure.get-insecure-random-bytes. It traps where
// more than Limits.LiftBytes are asked for. The answer is valid until the next
// call.
func (r fast) GetInsecureRandomBytes(_ context.Context, n uint64) ([]byte, error) {
	return r.bytes(n)
}

// GetInsecureRandomU64 is insecure.get-insecure-random-u64.
func (r fast) GetInsecureRandomU64(context.Context) (uint64, error) { return r.uint64(), nil }
