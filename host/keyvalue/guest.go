package keyvalue

import (
	"context"
	"math"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/host/component"
)

// drainTimeout is what the writes of a guest that ends are given to complete.
const drainTimeout = 5 * time.Second

// guest is what one guest has at a cache. It implements the functions of
// wasi:keyvalue/types and wasi:keyvalue/cache.
//
// Its methods belong to the guest's goroutine; claims and tasks, and close, are
// for any.
type guest struct {
	ns        *backends.Namespace
	refused   error // why there is no ns
	immediate bool
	config    backends.Config

	held, maxHeld int // bytes of values outside the guest's memory

	claims claims
	tasks  tasks
	reads  context.Context // ends with the guest
	writes context.Context // ends when the guest's writes were given their time
	unhook func() bool     // undoes that the guest's context closes it

	endReads, endWrites context.CancelFunc

	gets      pool[futureGet]
	existses  pool[futureExists]
	results   pool[futureResult]
	getOrSets pool[futureGetOrSet]
	incomings pool[incomingValue]
	outgoings pool[outgoingValue]
	spare     *futureGetOrSet // ready to wait for a vacancy; most find no need to
}

func newGuest(g *component.Guest, cache *backends.Cache, namespace string) *guest {
	limits := g.Limits()
	s := &guest{
		immediate: cache.Immediate(),
		config:    cache.Config(),
		maxHeld:   math.MaxInt,
		claims:    claims{limit: int(limits.Vacancies)},
		tasks:     tasks{limit: int(limits.Futures)},
	}
	if n := int(limits.Futures); n < math.MaxInt/s.config.MaxValueBytes {
		s.maxHeld = n * s.config.MaxValueBytes
	}
	s.ns, s.refused = cache.Namespace(namespace)
	s.reads, s.endReads = context.WithCancel(g.Context())
	s.writes, s.endWrites = context.WithCancel(context.WithoutCancel(g.Context()))
	// Where nobody closes the guest, it ends with its context all the same:
	// others may be waiting for its vacancies.
	s.unhook = context.AfterFunc(g.Context(), func() { s.close(context.Background()) })
	return s
}

// close ends what the guest has under way: its vacancies pass on, its places in
// line go, reads are cancelled, and writes are given until ctx ends, or
// drainTimeout. Whoever closes again waits as well, for as long as its own ctx
// allows.
func (s *guest) close(ctx context.Context) {
	s.claims.close()
	s.tasks.close()
	s.endReads()
	s.tasks.wait(ctx, drainTimeout)
	s.endWrites()
	// Whoever was cut short here ends at once, unless its store does not heed
	// the context.
	s.tasks.wait(context.Background(), 100*time.Millisecond)
}

// charge counts n bytes that the guest keeps outside its memory; discharge
// gives them back.
func (s *guest) charge(n int) error {
	if n > s.maxHeld-s.held {
		return &limitError{bytes: s.maxHeld}
	}
	s.held += n
	return nil
}

func (s *guest) discharge(n int) { s.held -= n }
