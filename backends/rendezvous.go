package backends

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"
	"time"
)

// The rendezvous of get-or-set: at most one live vacancy per key, everybody else in line behind it.
//
// A rendezvous exists for a key while something is going on there: a vacancy is held, somebody
// waits, or, over a store that waits, a lookup or write of this Cache is under way. It is guarded
// by the mutex of its shard, under which nothing waits and no notification runs.
//
// Over an immediate store, every write and every grant happens under that mutex, so they are
// totally ordered per key. Over any other store the mutex cannot be held across a call, so calls
// are bracketed instead:
//
//   - A set or delete takes the vacancy away before it calls the store, and nobody is granted
//     another until it has ended. So a fill can only be ordered before it, or be refused.
//   - A fill that has begun is let end; a set or delete that begins meanwhile is concurrent with it.
//   - A lookup that missed learns of the writes that ended since it began, so a value that was
//     stored in between is not computed again.
//
// A driver whose store can grant leases across hosts plugs in where this file grants a vacancy
// (rendezvous.grant), commits a fill (Namespace.store) and gives one up (Vacancy.end): the local
// line stays, and its head deals with the store on behalf of the rest.

// shardCount is a power of two, large enough that keys in use at once seldom share a mutex.
const shardCount = 64

type meetingKey struct {
	namespace, key string
}

type shard struct {
	mu       sync.Mutex
	closed   bool
	meetings map[meetingKey]*rendezvous
	_        [128 - 24]byte
}

type rendezvous struct {
	ns    *Namespace
	key   string // a clone
	shard *shard

	vacancy *Vacancy // the live one
	line    waitLine // who waits for it, first come first served

	lookups int     // acquisitions whose lookup in the store is under way
	writes  int     // sets and deletes under way
	landed  landing // the last write that ended while lookups were under way
}

// landing is the outcome of a write, for lookups that may have missed it.
type landing struct {
	seq     uint64 // counts landings
	present bool
	value   []byte
	expires time.Time // zero: never
}

func (n *Namespace) shard(key string) *shard {
	c := n.cache
	return &c.shards[(maphash.String(c.seed, key)^n.hash)%shardCount]
}

// find returns the key's rendezvous, or nil.
func (s *shard) find(n *Namespace, key string) *rendezvous {
	if len(s.meetings) == 0 {
		return nil
	}
	return s.meetings[meetingKey{n.name, key}]
}

// at returns the key's rendezvous, opening one if need be.
func (s *shard) at(n *Namespace, key string) *rendezvous {
	if r := s.find(n, key); r != nil {
		return r
	}
	r := &rendezvous{ns: n, key: strings.Clone(key), shard: s}
	s.meetings[meetingKey{n.name, r.key}] = r
	return r
}

// free reports whether a vacancy can be granted.
func (r *rendezvous) free() bool { return r.vacancy == nil && r.writes == 0 }

// settle passes a free vacancy to the head of the line, and forgets the rendezvous if nothing is
// going on. Every change of a rendezvous ends with it.
func (r *rendezvous) settle(wake *wakeList) {
	if r.free() {
		if w := r.line.pop(); w != nil {
			w.settle(Entry{Vacancy: r.grant()}, nil, wake)
		}
	}
	if r.free() && r.lookups == 0 {
		if k := (meetingKey{r.ns.name, r.key}); r.shard.meetings[k] == r {
			delete(r.shard.meetings, k)
		}
	}
}

// grant makes the one live vacancy.
func (r *rendezvous) grant() *Vacancy {
	v := &Vacancy{ns: r.ns, key: r.key, shard: r.shard, meeting: r}
	r.vacancy = v
	v.timer = time.AfterFunc(r.ns.cache.cfg.VacancyTimeout, v.expire)
	r.ns.cache.counters.add(countComputations)
	return v
}

// supersede takes the live vacancy away, unless its fill has begun.
func (r *rendezvous) supersede() {
	if v := r.vacancy; v != nil && v.state == vacancyHeld {
		v.end(vacancyLost, countSuperseded)
	}
}

// deliver gives everybody in line the value.
func (r *rendezvous) deliver(value []byte, wake *wakeList) {
	for w := r.line.pop(); w != nil; w = r.line.pop() {
		r.ns.cache.counters.add(countShared)
		w.settle(Entry{Value: value}, nil, wake)
	}
}

// land records what a write left behind and hands it to those who wait.
func (r *rendezvous) land(w *write, began time.Time, wake *wakeList) {
	if !w.silent && !r.line.empty() {
		r.deliver(w.share(), wake)
	}
	if r.lookups == 0 {
		return
	}
	r.landed = landing{seq: r.landed.seq + 1, present: !w.remove}
	if !w.remove {
		r.landed.value = w.share()
		if w.life > 0 {
			r.landed.expires = began.Add(w.life)
		}
	}
}

// since returns the value stored by a write that ended after the landing seq, if it still lives.
func (r *rendezvous) since(seq uint64) (value []byte, ok bool) {
	l := &r.landed
	if l.seq == seq || !l.present || (!l.expires.IsZero() && !time.Now().Before(l.expires)) {
		return nil, false
	}
	return l.value, true
}

// write applies a set or delete and settles what it means for those who meet at key.
func (n *Namespace) write(ctx context.Context, key string, w *write) error {
	if n.table != nil {
		w.share()
		return n.writeTable(key, w)
	}
	r, err := n.beginWrite(w.op, key, true)
	if err != nil {
		return err
	}
	began, stored := time.Now(), false
	defer func() { r.endWrite(w, began, stored) }()
	err = n.store(ctx, key, w)
	stored = err == nil
	return err
}

// writeTable is write over an immediate store.
func (n *Namespace) writeTable(key string, w *write) error {
	s := n.shard(key)
	var wake wakeList
	defer wake.fire()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ruleError(w.op, n.name, ErrClosed)
	}
	if err := n.storeTable(key, w); err != nil {
		return err
	}
	if r := s.find(n, key); r != nil {
		r.supersede()
		r.land(w, time.Time{}, &wake)
		r.settle(&wake)
	}
	return nil
}

func (n *Namespace) storeTable(key string, w *write) error {
	if w.remove {
		n.table.Delete(key)
		return nil
	}
	return n.cache.noteError(n.table.Set(key, w.share(), w.life))
}

// store applies w to the store. It waits.
func (n *Namespace) store(ctx context.Context, key string, w *write) error {
	if w.remove {
		return n.cache.noteError(n.cache.store.Delete(ctx, n.name, key))
	}
	return n.cache.noteError(n.cache.store.Set(ctx, n.name, key, w.value, w.life))
}

// beginWrite keeps vacancies of key from being granted until endWrite, and takes away the live one
// if asked to.
func (n *Namespace) beginWrite(op, key string, supersede bool) (*rendezvous, error) {
	s := n.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ruleError(op, n.name, ErrClosed)
	}
	r := s.at(n, key)
	r.writes++
	if supersede {
		r.supersede()
	}
	return r, nil
}

func (r *rendezvous) endWrite(w *write, began time.Time, stored bool) {
	var wake wakeList
	defer wake.fire()
	r.shard.mu.Lock()
	defer r.shard.mu.Unlock()
	r.writes--
	if stored {
		r.supersede()
		r.land(w, began, &wake)
	}
	r.settle(&wake)
}

// clear takes away every vacancy of the namespace.
func (s *shard) clear(namespace string) {
	var wake wakeList
	defer wake.fire()
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.meetings {
		if k.namespace == namespace {
			r.supersede()
			r.settle(&wake)
		}
	}
}

// close takes away every vacancy and turns everybody in line away.
func (s *shard) close() {
	var wake wakeList
	defer wake.fire()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, r := range s.meetings {
		r.supersede()
		for w := r.line.pop(); w != nil; w = r.line.pop() {
			w.settle(Entry{}, ruleError("get-or-set", r.ns.name, ErrClosed), &wake)
		}
	}
	clear(s.meetings)
}
