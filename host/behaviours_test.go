package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/host"
)

// behaviours are those of wasi:keyvalue/cache by number, as the guests in
// guests/conformance list them.
var behaviours = []struct {
	name string
	// program is whose report tells of it, when it runs by itself; "": none.
	program string
	// test is what one guest by itself cannot show; nil: nothing.
	test func(t *testing.T, s *store, form string)
}{
	{"B01", "futures", nil},
	{"B02", "futures", nil},
	{"B03", "futures", nil},
	{"B04", "futures", nil},
	{"B05", "futures", nil},
	{"B06", "futures", nil},
	{"B07", "futures", nil},
	{"B08", "futures", nil},
	{"B09", "", traps("futures", "B09", "poll of no pollables")},
	{"B10", "futures", nil},
	{"B11", "", shows("futures", "B11")},
	{"B12", "futures", nil},
	{"B13", "futures", nil},
	{"B14", "futures", nil},
	{"B15", "values", nil},
	{"B16", "values", nil},
	{"B17", "values", nil},
	{"B18", "values", nil},
	{"B19", "values", nil},
	{"B20", "values", nil},
	{"B21", "values", nil},
	{"B22", "values", nil},
	{"B23", "values", nil},
	{"B24", "values", nil},
	{"B25", "values", nil},
	{"B26", "", func(t *testing.T, s *store, form string) {
		traps("values", "B26-permit", "check-write permitted")(t, s, form)
		traps("values", "B26-blocking", "blocking write of 4097 bytes")(t, s, form)
	}},
	{"B27", "values", nil},
	{"B28", "keys", nil},
	{"B29", "keys", nil},
	{"B30", "ttl", nil},
	{"B31", "ttl", nil},
	{"B32", "ttl", nil},
	{"B33", "ttl", nil},
	{"B34", "ttl", nil},
	{"B35", "ttl", nil},
	{"B36", "ttl", nil},
	{"B37", "delete", nil},
	{"B38", "delete", nil},
	{"B39", "safety", writersAndReaders},
	{"B40", "", tenants},
	{"B41", "safety", nil},
	{"B42", "rendezvous", nil},
	{"B43", "rendezvous", nil},
	{"B44", "rendezvous", oneComputation},
	{"B45", "rendezvous", nil},
	{"B46", "rendezvous", nil},
	{"B47", "rendezvous", nil},
	{"B48", "rendezvous", nil},
	{"B49", "rendezvous", nil},
	{"B50", "rendezvous", nil},
	{"B51", "", heirs},
	{"B52", "timeouts", nil},
	{"B53", "timeouts", nil},
	{"B54", "rendezvous", nil},
	{"B55", "rendezvous", nil},
	{"B56", "rendezvous", nil},
	{"B57", "rendezvous", nil},
	{"B58", "rendezvous", nil},
	{"B59", "rendezvous", nil},
	{"B60", "", killedHolder},
	{"B63", "safety", evictions},
	{"B64", "abi", nil},
}

// store is what a kind of store is tested by.
type store struct {
	*site
	// peer is a site on the same entries.
	peer *site
	// brisk is a site whose vacancies time out after a second.
	brisk *site
	// fresh opens a site on the same store, with statistics of its own.
	fresh func(t *testing.T) *site
	// small opens a site on a store that holds some 4 MiB.
	small func(t *testing.T) *site
}

var stores = []struct {
	name string
	open func(t *testing.T) *store
}{
	{"memory", func(t *testing.T) *store { return openMemory(t, "mem:?") }},
	{"latency", func(t *testing.T) *store { return openMemory(t, "mem:?latency=5ms") }},
	{"redis", openRedis},
}

const brisk = "vacancy-timeout=1s"

func openMemory(t *testing.T, url string) *store {
	open := func(option string) func(t *testing.T) *site {
		return func(t *testing.T) *site { return newSite(t, url+"&"+option) }
	}
	s := &store{site: open("")(t), brisk: open(brisk)(t), fresh: open(""), small: open("max-bytes=4MiB")}
	s.peer = newSiteOver(t, s.cache)
	return s
}

func openRedis(t *testing.T) *store {
	socket := startRedis(t)
	open := func(t *testing.T) *site { return newSite(t, socketURL(socket)) }
	return &store{
		site: open(t), peer: open(t), brisk: newSite(t, socketURL(socket)+"&"+brisk), fresh: open,
		small: func(t *testing.T) *site {
			return newSite(t, socketURL(startRedis(t, "--maxmemory", "6mb", "--maxmemory-policy", "allkeys-lru")))
		},
	}
}

// whole gives the report of a program that ran by itself.
func (s *store) whole(ctx context.Context, program, form string) (tap, error) {
	home := s.site
	if program == "timeouts" {
		home = s.brisk
	}
	return home.all(ctx, program+form)
}

// TestBehaviours has guests show the behaviours of KEYVALUE, each by its number:
// go test -run 'Behaviours/memory/B05' ./host.
func TestBehaviours(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	for _, kind := range stores {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			s := kind.open(t)
			for _, b := range behaviours {
				t.Run(b.name, func(t *testing.T) {
					if b.program != "" {
						s.begin(t.Context(), b.program)
					}
					for _, form := range []string{asComponent, asCoreModule} {
						t.Run(strings.TrimPrefix(form, "."), func(t *testing.T) {
							if b.program != "" {
								report, err := s.whole(t.Context(), b.program, form)
								if err != nil {
									t.Error(err)
								}
								report.check(t, b.name)
							}
							if b.test != nil {
								b.test(t, s, form)
							}
						})
					}
				})
			}
		})
	}
}

// begin starts the whole runs of a program in both forms, so that they wait at
// the same time.
func (s *store) begin(ctx context.Context, program string) {
	for _, form := range []string{asComponent, asCoreModule} {
		go func() { _, _ = s.whole(ctx, program, form) }()
	}
}

// Every line that the guests report is looked at by TestBehaviours: a behaviour
// that is listed nowhere would go unnoticed.
func TestBehavioursAreComplete(t *testing.T) {
	listed := map[string]bool{}
	for _, b := range behaviours {
		if listed[b.name] {
			t.Errorf("%s is listed twice", b.name)
		}
		listed[b.name] = true
	}
	listed["B65"] = true // TestAsyncCacheIsRefused
	// Faults of remote stores, which are the backends' to show.
	listed["B61"], listed["B62"] = true, true
	for n := 1; n <= 65; n++ {
		if name := fmt.Sprintf("B%02d", n); !listed[name] {
			t.Errorf("%s is listed nowhere", name)
		}
	}
}

// shows is the test of a role that succeeds.
func shows(program, role string) func(*testing.T, *store, string) {
	return func(t *testing.T, s *store, form string) {
		report := s.must(t, guestRun{program: program + form, role: role})
		report.check(t, role)
	}
}

// traps is the test of a role that must trap, with a reason that contains a
// text. The other guests of the host do not notice.
func traps(program, role, reason string) func(*testing.T, *store, string) {
	return func(t *testing.T, s *store, form string) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		report, err := s.run(ctx, guestRun{program: program + form, role: role})
		var trap *host.TrapError
		switch {
		case !errors.As(err, &trap):
			t.Errorf("%s %s did not trap: %v, %+v", program+form, role, err, report.lines)
		case !strings.Contains(err.Error(), reason):
			t.Errorf("%s %s trapped with %q, want %q in it", program+form, role, err, reason)
		}
	}
}
