package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// fanout [N] starts N gets and only then waits, for all of them together. A
// start does not wait for the store, so that N answers take about as long as
// one: try it with --cache 'mem:?latency=100ms'.
func fanout(args []string) error {
	n, err := strconv.Atoi(argument(args, 0, "100"))
	if err != nil {
		return err
	}
	begin := time.Now()
	gets := make([]*cache.Future[*cache.IncomingValue], n)
	took := make([]string, n)
	var slowest time.Duration
	for i := range gets {
		start := time.Now()
		gets[i] = cache.StartGet("fan:" + strconv.Itoa(i))
		d := time.Since(start)
		took[i] = strconv.FormatInt(d.Microseconds(), 10)
		slowest = max(slowest, d)
	}
	atOnce := 0
	for _, g := range gets {
		if g.Ready() {
			atOnce++
		}
	}
	cache.WaitAll(gets...)
	total := time.Since(begin)
	found := 0
	for _, g := range gets {
		v, err := g.Wait()
		if err != nil {
			return err
		}
		if v != nil {
			found++
			v.Drop()
		}
	}
	say("starts in µs:", strings.Join(took, " "))
	say("slowest start:", strconv.FormatInt(slowest.Microseconds(), 10), "µs")
	say("ready at once:", strconv.Itoa(atOnce))
	say("found:", strconv.Itoa(found))
	say("total:", strconv.FormatInt(total.Milliseconds(), 10), "ms for", strconv.Itoa(n), "gets")
	return nil
}
