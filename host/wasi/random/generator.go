package random

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	mathrand "math/rand/v2"

	"github.com/wasikv/wasikv/host/component"
)

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
