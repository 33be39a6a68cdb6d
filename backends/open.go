package backends

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Opener makes a store from a URL. It need not connect: a store that cannot be reached fails its
// operations. The opener reads its options from p and nowhere else, and returns p.Err() before it
// makes anything if that is not nil. Its errors contain nothing of the URL but the option names.
type Opener func(ctx context.Context, u *url.URL, p *Params) (CacheStore, error)

var openers = struct {
	sync.RWMutex
	byScheme map[string]Opener
}{byScheme: map[string]Opener{}}

// Register offers a driver under a URL scheme. Drivers call it from init; a program links a driver
// by importing its package. It panics if the scheme is taken.
func Register(scheme string, open Opener) {
	openers.Lock()
	defer openers.Unlock()
	if _, taken := openers.byScheme[scheme]; taken {
		panic("backends: scheme registered twice: " + scheme)
	}
	openers.byScheme[scheme] = open
}

// Schemes returns the registered URL schemes in order.
func Schemes() []string {
	openers.RLock()
	defer openers.RUnlock()
	return slices.Sorted(maps.Keys(openers.byScheme))
}

// Open makes a Cache from a URL whose scheme names the driver:
//
//	mem:?max-bytes=64MiB                     backends/inmem
//	redis://user:password@host:6379/0        backends/rediscache
//
// It does not connect to anything; see [Cache.Ping]. Beside the driver's own options, every URL
// takes those of [Config]: max-key-bytes, max-value-bytes, max-ttl, vacancy-timeout and max-wait.
//
// Errors name the scheme or option that is wrong and those that are known, and never repeat the
// URL, which may hold a password.
func Open(ctx context.Context, rawURL string) (*Cache, error) {
	store, cfg, err := open(ctx, rawURL)
	if err != nil {
		return nil, fmt.Errorf("backends: open: %w", err)
	}
	return New(store, cfg), nil
}

func open(ctx context.Context, rawURL string) (CacheStore, Config, error) {
	scheme, _, found := strings.Cut(rawURL, ":")
	scheme = strings.ToLower(scheme)
	openers.RLock()
	opener := openers.byScheme[scheme]
	openers.RUnlock()
	if !found {
		return nil, Config{}, fmt.Errorf("a cache URL begins with a scheme and a colon; %s", knownSchemes())
	}
	if opener == nil {
		return nil, Config{}, fmt.Errorf("unknown scheme %q; %s", scheme, knownSchemes())
	}

	u, err := url.Parse(rawURL)
	if err != nil {
		// A url.Error repeats the URL; its cause may, too, in the part it could not read.
		return nil, Config{}, errors.New("the URL is malformed; percent-encode what is special in user, password and path")
	}
	p, err := newParams(u.RawQuery)
	if err != nil {
		return nil, Config{}, err
	}
	cfg := configFrom(p)
	store, err := opener(ctx, u, p)
	if err != nil {
		return nil, Config{}, err
	}
	if err := p.Err(); err != nil {
		// The opener made a store without asking; nobody will use it.
		if c, ok := store.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
		return nil, Config{}, err
	}
	return store, cfg, nil
}

func knownSchemes() string {
	known := Schemes()
	if len(known) == 0 {
		return "this program links no driver: import one, such as backends/inmem"
	}
	return "this program knows " + strings.Join(known, ", ")
}

func configFrom(p *Params) Config {
	return Config{
		MaxKeyBytes:    p.IntBytes("max-key-bytes", 0),
		MaxValueBytes:  p.IntBytes("max-value-bytes", 0),
		MaxTTL:         p.Duration("max-ttl", 0),
		VacancyTimeout: p.Duration("vacancy-timeout", 0),
		MaxWait:        p.Duration("max-wait", 0),
	}
}
