package host_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends/rediscache"
	"github.com/wasikv/wasikv/host/component"
)

// latency is how far away the stores of these tests are.
const latency = 100 * time.Millisecond

// TestAsynchrony has guests measure requests that take long: they run at the
// same time, their starts do not wait, and they cost a goroutine each at most.
func TestAsynchrony(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	t.Run("memory", func(t *testing.T) {
		asynchrony(t, newSite(t, "mem:?latency="+latency.String()), 0, func() int { return 0 })
	})
	t.Run("redis", func(t *testing.T) {
		p := newProxy(t, startRedis(t), latency/2)
		// The client opens each connection of its pool in a goroutine.
		opening := rediscache.DefaultPoolSize
		asynchrony(t, newSite(t, "redis://"+p.addr+"/0"), opening, func() int { return int(p.running.Load()) })
	})
}

// asynchrony tests one store, whose driver may take some goroutines besides those
// of the gets; others counts the goroutines that belong to the test.
func asynchrony(t *testing.T, s *site, driver int, others func() int) {
	for _, form := range []string{asComponent, asCoreModule} {
		program := "asynchrony" + form
		t.Run(strings.TrimPrefix(form, "."), func(t *testing.T) {
			t.Run("together", func(t *testing.T) { together(t, s, program) })
			t.Run("unready", func(t *testing.T) { s.must(t, guestRun{program: program, role: "unready"}) })
			t.Run("goroutines", func(t *testing.T) { goroutines(t, s, program, driver, others) })
		})
	}
}

// together starts 100 gets and polls them together. A machine may stop for a
// while whoever runs on it, so that the best of several tries counts.
func together(t *testing.T, s *site, program string) {
	const tries = 5
	var figures []string
	for range tries {
		report := s.must(t, guestRun{program: program, role: "gets"})
		if t.Failed() {
			return
		}
		slowest := time.Duration(report.counted(t, "slowest start, ns:"))
		all := time.Duration(report.counted(t, "all, ns:"))
		if all < latency {
			t.Errorf("100 gets were over after %v, sooner than one", all)
		}
		if slowest < time.Millisecond && all < 250*time.Millisecond {
			return
		}
		figures = append(figures, fmt.Sprintf("slowest start %v, all %v", slowest, all))
	}
	t.Errorf("100 gets from a store %v away, want starts below 1 ms and all in 250 ms:\n%s", latency, strings.Join(figures, "\n"))
}

// goroutines has 1,000 gets pending and then dropped. The guest tells of both,
// and waits in the telling, so that there is time to count.
func goroutines(t *testing.T, s *site, program string, driver int, others func() int) {
	const pending = 1000
	count := &counter{pending: pending, others: others}
	s.must(t, guestRun{
		program: program, role: "pending", number: pending, watch: count,
		limits: component.Limits{Futures: pending},
	})
	if len(count.counts) != 3 {
		t.Fatalf("the guest told of %d moments, want 3", len(count.counts))
	}
	start, during, after := count.counts[0], count.counts[1], count.counts[2]
	if cost := during - start; cost > pending+driver {
		t.Errorf("%d pending gets cost %d goroutines", pending, cost)
	}
	if after > start {
		t.Errorf("%d goroutines more than before run on after the gets were dropped", after-start)
	}
}

// counter counts goroutines whenever a guest says how many gets are pending.
type counter struct {
	pending int
	others  func() int // that belong to the test
	counts  []int
}

func (c *counter) count() int { return runtime.NumGoroutine() - c.others() }

func (c *counter) Write(line []byte) (int, error) {
	switch string(line) {
	case fmt.Sprintf("# pending: %d\n", c.pending):
		c.counts = append(c.counts, c.count())
	case "# pending: 0\n":
		// What was dropped may take a moment to end.
		n := c.count()
		for deadline := time.Now().Add(5 * time.Second); len(c.counts) > 0 && n > c.counts[0] && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
			n = c.count()
		}
		c.counts = append(c.counts, n)
	}
	return len(line), nil
}
