package random

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/insecureseed"
	"github.com/wasikv/wasikv/host/component"
)

func registerSeed(l *component.Linker) error {
	return insecureseed.RegisterEach(l, func(g *component.Guest) (insecureseed.Host, error) { return NewSeed(g), nil })
}

// NewSeed makes the functions of wasi:random/insecure-seed for a guest.
func NewSeed(g *component.Guest) insecureseed.Host { return seed{newGenerator(g, "insecure-seed")} }

type seed struct{ *generator }

// InsecureSeed is insecure-seed.insecure-seed: 128 bits, others at each call.
func (r seed) InsecureSeed(context.Context) (component.Tuple2[uint64, uint64], error) {
	return component.Tuple2[uint64, uint64]{F0: r.uint64(), F1: r.uint64()}, nil
}
