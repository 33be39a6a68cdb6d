package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/wasikv/wasikv/backends"
)

// reaching bounds how long a store may take to show that it is there.
const reaching = 5 * time.Second

// store is the cache of a run, with the name that the user may see.
type store struct {
	*backends.Cache
	name   string
	seeded uint64 // entries stored before the guest ran
}

func openStore(ctx context.Context, s *settings) (*store, error) {
	c, err := backends.Open(ctx, s.cacheURL)
	if err != nil {
		return nil, usage("--cache: %s", strings.TrimPrefix(err.Error(), "backends: open: "))
	}
	return &store{Cache: c, name: storeName(s.cacheURL)}, nil
}

// storeName gives a cache URL without what may be secret: user, password and
// options.
func storeName(raw string) string {
	scheme, _, _ := strings.Cut(raw, ":")
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return scheme
	case u.Host != "":
		return scheme + "://" + u.Host + u.Path
	}
	return strings.TrimSuffix(scheme+":"+u.Path, ":")
}

// prepare makes sure of the store before a guest that uses it runs, and stores
// the seeds.
func (s *store) prepare(ctx context.Context, o *settings, imports []string) error {
	if len(o.seeds) == 0 && !usesCache(imports) {
		return nil
	}
	reach, cancel := context.WithTimeout(ctx, reaching)
	defer cancel()
	if err := s.Ping(reach); err != nil {
		if ctx.Err() != nil {
			return ended(ctx, ctx.Err(), nil)
		}
		return &failure{statusHost, fmt.Errorf(
			"the cache %s cannot be used: %w; start the server or name another store with --cache (mem: needs none)", s.name, cause(err))}
	}
	ns, err := s.Namespace(o.namespace)
	if err != nil {
		return usage("--namespace: %w", cause(err))
	}
	for _, e := range o.seeds {
		value := []byte(e.value)
		if e.file != "" {
			if value, err = os.ReadFile(e.file); err != nil {
				return &failure{statusHost, fmt.Errorf("--seed-data: %s cannot be read: %w", e.file, reason(err))}
			}
		}
		if err := ns.Set(reach, e.key, value, backends.TTL{}); err != nil {
			return &failure{statusHost, fmt.Errorf("--seed-data %s: %w", e.key, cause(err))}
		}
		s.seeded++
	}
	return nil
}

// byGuests gives what guests did to the cache, and whether they did anything.
func (s *store) byGuests() (_ backends.Stats, used bool) {
	stats := s.Stats()
	stats.Sets -= s.seeded
	return stats, stats != backends.Stats{}
}

// usesCache reports whether a guest imports the cache.
func usesCache(imports []string) bool {
	for _, name := range imports {
		if strings.HasPrefix(name, "wasi:keyvalue/") {
			return true
		}
	}
	return false
}

// cause gives what a store's error is about, without the names of driver,
// operation and namespace, which are not the user's.
func cause(err error) error {
	var op *backends.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// close ends the cache after a run. Its error counts where the run had none.
func (s *store) close(err *error) {
	if e := s.Close(); e != nil && *err == nil {
		*err = &failure{statusHost, fmt.Errorf("the cache %s could not be closed: %w", s.name, cause(e))}
	}
}
