package conform

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
)

// Schedule is one legal but hostile way for a cache to behave. It follows from
// its seed alone, so that a failing run can be replayed; zero is the schedule
// without faults.
type Schedule struct {
	Seed uint64
	// Discard is the share of entries that are gone right after they were
	// stored: a cache may discard any entry at any time.
	Discard float64
	// MaxDelay bounds the random delay of each operation, so that futures
	// complete late and in another order than they were started.
	MaxDelay time.Duration
	// VacancyTimeout is how long a vacancy lasts before it passes to the next
	// in line.
	VacancyTimeout time.Duration
}

// NewSchedule derives the schedule of a seed.
func NewSchedule(seed uint64) Schedule {
	s := Schedule{Seed: seed, VacancyTimeout: backends.DefaultVacancyTimeout}
	if seed == 0 {
		return s
	}
	r := rand.New(rand.NewPCG(seed, 0))
	s.Discard = []float64{0, 0.3, 1}[r.IntN(3)]
	s.MaxDelay = []time.Duration{0, 2 * time.Millisecond, 10 * time.Millisecond}[r.IntN(3)]
	if r.IntN(3) == 0 {
		s.VacancyTimeout = time.Duration(1+r.IntN(5)) * time.Millisecond
	}
	return s
}

// String describes the schedule in words, for reports.
func (s Schedule) String() string {
	if s.Seed == 0 {
		return "seed 0 (no faults)"
	}
	var faults []string
	switch {
	case s.Discard == 1:
		faults = append(faults, "every entry is discarded right after it is stored")
	case s.Discard > 0:
		faults = append(faults, fmt.Sprintf("%.0f %% of entries are discarded right after they are stored", s.Discard*100))
	}
	if s.MaxDelay > 0 {
		faults = append(faults, fmt.Sprintf("operations take up to %v, in any order", s.MaxDelay))
	}
	if s.VacancyTimeout < backends.DefaultVacancyTimeout {
		faults = append(faults, fmt.Sprintf("vacancies time out after %v", s.VacancyTimeout))
	}
	if faults == nil {
		faults = []string{"no faults"}
	}
	return fmt.Sprintf("seed %d (%s)", s.Seed, strings.Join(faults, "; "))
}

// cache makes a cache in memory that behaves as the schedule says.
func (s Schedule) cache() *backends.Cache {
	memory := inmem.New(inmem.Options{})
	var store backends.CacheStore = memory
	if s.Discard > 0 || s.MaxDelay > 0 {
		store = &hostile{CacheStore: memory, schedule: s, nth: map[string]uint64{}}
	}
	return backends.New(store, backends.Config{VacancyTimeout: s.VacancyTimeout})
}

// hostile is a store that discards and delays. What happens to an operation
// follows from the seed, the operation, its key and how many of the same came
// before, so that it does not depend on how goroutines are scheduled.
type hostile struct {
	backends.CacheStore
	schedule Schedule

	mu  sync.Mutex
	nth map[string]uint64
}

func (h *hostile) dice(op, namespace, key string) *rand.Rand {
	id := fmt.Sprintf("%s %q %q", op, namespace, key)
	h.mu.Lock()
	n := h.nth[id]
	h.nth[id]++
	h.mu.Unlock()
	hash := fnv.New64a()
	hash.Write(binary.LittleEndian.AppendUint64([]byte(id), n))
	return rand.New(rand.NewPCG(h.schedule.Seed, hash.Sum64()))
}

func (h *hostile) wait(ctx context.Context, dice *rand.Rand) error {
	if h.schedule.MaxDelay == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(dice.Int64N(int64(h.schedule.MaxDelay))))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Get implements backends.CacheStore.
func (h *hostile) Get(ctx context.Context, namespace, key string) ([]byte, bool, error) {
	if err := h.wait(ctx, h.dice("get", namespace, key)); err != nil {
		return nil, false, err
	}
	return h.CacheStore.Get(ctx, namespace, key)
}

// Set implements backends.CacheStore.
func (h *hostile) Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error {
	dice := h.dice("set", namespace, key)
	if err := h.wait(ctx, dice); err != nil {
		return err
	}
	if dice.Float64() < h.schedule.Discard {
		return h.CacheStore.Delete(ctx, namespace, key)
	}
	return h.CacheStore.Set(ctx, namespace, key, value, ttl)
}

// Delete implements backends.CacheStore.
func (h *hostile) Delete(ctx context.Context, namespace, key string) error {
	if err := h.wait(ctx, h.dice("delete", namespace, key)); err != nil {
		return err
	}
	return h.CacheStore.Delete(ctx, namespace, key)
}
