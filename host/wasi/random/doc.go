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
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"

	"github.com/wasikv/wasikv/host/component"
)

type seedKey struct{}

// Configure makes a guest's randomness follow from seed; "" leaves it random.
// It comes before the guest's first call.
func Configure(g *component.Guest, seed string) { g.SetValue(seedKey{}, seed) }

// Register defines wasi:random/random, wasi:random/insecure and
// wasi:random/insecure-seed.
func Register(l *component.Linker) error {
	return errors.Join(registerRandom(l), registerInsecure(l), registerSeed(l))
}

// scratchSize is how large an answer a guest's buffer is kept for.
const scratchSize = 4096

// generator makes one interface's random bytes for one guest.
type generator struct {
	seeded *mathrand.ChaCha8 // nil: those of the system
	limit  uint64
	buf    []byte // the last answer
	word   [8]byte
}

// newGenerator makes the generator of one guest and interface; with a seed, each
// interface has a sequence of its own.
func newGenerator(g *component.Guest, name string) *generator {
	r := &generator{limit: g.Limits().LiftBytes}
	if seed, _ := g.Value(seedKey{}).(string); seed != "" {
		r.seeded = mathrand.NewChaCha8(sha256.Sum256([]byte(name + "\x00" + seed)))
	}
	return r
}

// bytes gives n random bytes, valid until the next call.
func (r *generator) bytes(n uint64) ([]byte, error) {
	if n > r.limit {
		return nil, &component.Trap{Reason: fmt.Sprintf("%d random bytes were asked for at a time, the limit is %d (Limits.LiftBytes)", n, r.limit)}
	}
	if n > scratchSize {
		b := make([]byte, n)
		r.fill(b)
		return b, nil
	}
	if r.buf == nil {
		r.buf = make([]byte, scratchSize)
	}
	b := r.buf[:n]
	r.fill(b)
	return b, nil
}

func (r *generator) uint64() uint64 {
	r.fill(r.word[:])
	return binary.LittleEndian.Uint64(r.word[:])
}

func (r *generator) fill(b []byte) {
	if r.seeded != nil {
		_, _ = r.seeded.Read(b) // never fails
		return
	}
	_, _ = rand.Read(b) // never fails: it ends the process where the system has no randomness
}
