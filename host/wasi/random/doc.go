// Package random implements wasi:random for hosts: random (random.go), insecure
// (insecure.go) and insecure-seed (seed.go).
//
// All three are cryptographically secure, unless the embedder configures a seed:
// then they repeat themselves from run to run, which tests and reproducible
// builds want and nothing else should.
//
// # Denied by default
//
// There is nothing to deny; what a guest can ask for at a time is bounded by
// Limits.LiftBytes.
//
// # Concurrency
//
// The state is the guest's and belongs to the goroutine that calls it.
package random

import (
	"errors"

	"github.com/wasikv/wasikv/host/component"
)

type seedKey struct{}

// Configure makes a guest's randomness follow from seed; "" leaves it random.
// It comes before the guest's first call.
func Configure(g *component.Guest, seed string) {
	if seed != "" {
		g.SetValue(seedKey{}, seed)
	}
}

// Register defines wasi:random/random, wasi:random/insecure and
// wasi:random/insecure-seed.
func Register(l *component.Linker) error {
	return errors.Join(registerRandom(l), registerInsecure(l), registerSeed(l))
}
