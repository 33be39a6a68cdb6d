// Package rediscache is the Redis driver: entries on a Redis server, shared by every host that uses
// the same server, database and prefix.
//
// It is a [backends.CacheStore] and [backends.L2CacheBackend]. It speaks to one server; it does not
// speak to a Redis Cluster or to Sentinels. Anything that understands RESP2, SET with PX and NX,
// GETRANGE, PTTL, SCAN, UNLINK and EVAL will do; it is tested with Redis 7.0.
//
// Time to live is the server's to judge: it expires entries to the millisecond by its own clock, so
// the clocks of hosts need not agree. Keys never contain a namespace as given (see keys.go) and
// every value carries whose it is (see envelope.go): what was written by something else, or is
// another tenant's, is refused with [backends.ErrForeignValue].
//
// Clear takes effect through this driver at once, and through those of other hosts within
// [Options].EpochRefresh; what another host stores before it has noticed may be lost with the rest.
// EntryCount counts by scanning, gives up after a million keys, and includes entries that a Clear
// has not swept up yet.
//
// New does not connect: a server that is not there makes operations fail with
// [backends.ErrUnavailable], and connections are made anew as soon as it is back. An operation
// takes at most [Options].Timeout, or less if its context says so. A context that is cancelled,
// as opposed to timing out, while a command is under way is noticed when the command ends.
//
// A driver is safe for concurrent use. It runs a goroutine only while it sweeps up after a Clear;
// Close ends it.
//
// Importing the package registers the URL schemes redis, rediss (TLS) and unix:
//
//	redis://user:password@host:6379/0?prefix=app
//	unix:///run/redis.sock?db=0&prefix=app
package rediscache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wasikv/wasikv/backends"
)

// Defaults of [Options].
const (
	DefaultAddr         = "localhost:6379"
	DefaultPrefix       = "wasikv"
	DefaultTimeout      = 2 * time.Second
	DefaultPoolSize     = 128
	DefaultEpochRefresh = time.Second
)

// Options say where the server is and how to use it. The zero value is a server on this machine.
type Options struct {
	// Network is "tcp" or "unix". Default: "tcp".
	Network string
	// Addr is host:port, or the path of the socket. Default: "localhost:6379".
	Addr string
	// Username and Password authenticate, if Password is not empty. Neither ever appears in an
	// error.
	Username, Password string
	// DB is the number of the database.
	DB int
	// TLS makes the connection use TLS. Default: nil, in the clear.
	TLS *tls.Config

	// Prefix begins every key, so that several applications can share a database. It must not
	// contain braces, which Redis gives a meaning. Default: "wasikv".
	Prefix string
	// Timeout bounds every operation: waiting for a connection, making one, and the exchange.
	// Default: 2 s.
	Timeout time.Duration
	// PoolSize is the most connections at a time, and so the most operations. They are made when
	// needed. Default: 128.
	PoolSize int
	// EpochRefresh is how long a Clear by another host may go unnoticed. Default: 1 s.
	EpochRefresh time.Duration
}

// String returns the options without the secrets.
func (o Options) String() string {
	return fmt.Sprintf("{DB:%d Prefix:%q TLS:%t Timeout:%v PoolSize:%d EpochRefresh:%v}",
		o.DB, o.Prefix, o.TLS != nil, o.Timeout, o.PoolSize, o.EpochRefresh)
}

// GoString is String: the secrets stay secret under %#v, too.
func (o Options) GoString() string { return o.String() }

func (o Options) withDefaults() (Options, error) {
	if o.Network == "" {
		o.Network = "tcp"
	}
	if o.Addr == "" && o.Network == "tcp" {
		o.Addr = DefaultAddr
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.PoolSize <= 0 {
		o.PoolSize = DefaultPoolSize
	}
	if o.EpochRefresh <= 0 {
		o.EpochRefresh = DefaultEpochRefresh
	}
	switch {
	case o.Network != "tcp" && o.Network != "unix":
		return o, errors.New(`rediscache: the network is neither "tcp" nor "unix"`)
	case o.Addr == "":
		return o, errors.New("rediscache: the socket's path is missing")
	case strings.ContainsAny(o.Prefix, "{}"):
		return o, errors.New("rediscache: the prefix contains a brace")
	case o.DB < 0:
		return o, errors.New("rediscache: the database number is negative")
	}
	return o, nil
}

// Driver is a store on a Redis server.
type Driver struct {
	client  redis.UniversalClient
	options Options
	closed  atomic.Bool

	mu     sync.RWMutex
	spaces map[string]*space

	life    context.Context // what sweeps end with
	endLife context.CancelFunc
	sweeps  sync.WaitGroup
}

// New returns a driver. It fails if the options make no sense, and does not connect.
func New(o Options) (*Driver, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Driver{client: redis.NewClient(clientOptions(o)), options: o, spaces: make(map[string]*space)}
	d.life, d.endLife = context.WithCancel(context.Background())
	return d, nil
}

// Close ends all connections. Later calls, and those under way, fail with [backends.ErrClosed].
func (d *Driver) Close() error {
	d.mu.Lock()
	closing := !d.closed.Swap(true)
	d.mu.Unlock()
	if !closing {
		return nil
	}
	d.endLife()
	// What fails here is the closing of sockets nobody will use again.
	_ = d.client.Close()
	d.sweeps.Wait()
	return nil
}

// attempt says how often an operation may be tried.
type attempt int

const (
	once  attempt = 1 // a write: a lost reply may be that of an applied command
	twice attempt = 2 // a read, on a connection that turned out to be dead
)

// do runs one operation under the driver's rules: it may be refused before it starts, it is bounded
// in time, and its error is one of this package's. It is the one place a circuit breaker has to
// know.
func (d *Driver) do(ctx context.Context, op, namespace string, tries attempt, f func(context.Context) error) error {
	if ctx.Err() != nil {
		return opError(op, namespace, backends.ContextError(ctx))
	}
	if d.closed.Load() {
		return opError(op, namespace, backends.ErrClosed)
	}
	bounded, cancel := context.WithTimeout(ctx, d.options.Timeout)
	defer cancel()
	err := f(bounded)
	for range tries - 1 {
		if !isConnectionLost(err) || bounded.Err() != nil {
			break
		}
		err = f(bounded)
	}
	if err == nil {
		return nil
	}
	err = d.classify(ctx, err)
	if errors.Is(err, backends.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded) {
		// The socket's deadline passes a moment before the context's, which it was taken from.
		limit, _ := bounded.Deadline()
		if own, ok := ctx.Deadline(); ok && own.Equal(limit) {
			err = fmt.Errorf("%w: %w", backends.ErrTimeout, context.DeadlineExceeded)
		}
	}
	return opError(op, namespace, err)
}

// Get implements [backends.CacheStore].
func (d *Driver) Get(ctx context.Context, namespace, key string) (value []byte, ok bool, err error) {
	s := d.space(namespace)
	k := s.key(key)
	err = d.do(ctx, "get", namespace, twice, func(ctx context.Context) error {
		var reply []byte
		var err error
		if s.fresh(d.options.EpochRefresh) {
			reply, err = d.client.Get(ctx, k.name).Bytes()
		} else {
			reply, err = d.getWithEpoch(ctx, s, k)
		}
		value, ok, err = s.open(k, reply, err)
		return err
	})
	return value, ok, err
}

// getWithEpoch reads the entry and the namespace's epoch in one round trip.
func (d *Driver) getWithEpoch(ctx context.Context, s *space, k entryKey) ([]byte, error) {
	asked := time.Now()
	pipe := d.client.Pipeline()
	entry, epoch := pipe.Get(ctx, k.name), pipe.Get(ctx, s.epochName)
	// Exec's error is that of the first command that has one, and each is looked at below; unless
	// there was no connection to send them on, of which the commands know nothing.
	if _, err := pipe.Exec(ctx); err != nil && entry.Err() == nil && epoch.Err() == nil {
		return nil, err
	}
	if err := s.refresh(epoch, asked); err != nil {
		return nil, err
	}
	return entry.Bytes()
}

// Exists implements [backends.Exister]: it fetches the envelope only.
func (d *Driver) Exists(ctx context.Context, namespace, key string) (ok bool, err error) {
	s := d.space(namespace)
	k := s.key(key)
	err = d.do(ctx, "exists", namespace, twice, func(ctx context.Context) error {
		if err := d.refreshEpoch(ctx, s); err != nil {
			return err
		}
		head, err := d.client.GetRange(ctx, k.name, 0, headerBytes-1).Bytes()
		if len(head) == 0 && err == nil {
			err = redis.Nil // GETRANGE of an absent key is empty; no entry is
		}
		_, ok, err = s.open(k, head, err)
		return err
	})
	return ok, err
}

// GetWithTTL implements [backends.L2CacheBackend].
func (d *Driver) GetWithTTL(ctx context.Context, namespace, key string) (item backends.Item, err error) {
	s := d.space(namespace)
	k := s.key(key)
	err = d.do(ctx, "get-with-ttl", namespace, twice, func(ctx context.Context) error {
		if err := d.refreshEpoch(ctx, s); err != nil {
			return err
		}
		asked := time.Now()
		reply, err := getWithTTL.Run(ctx, d.client, []string{k.name}).Slice()
		if err != nil {
			return err
		}
		item, err = s.openItem(k, reply, asked)
		return err
	})
	return item, err
}

// Set implements [backends.CacheStore].
func (d *Driver) Set(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) error {
	if err := backends.CheckTTL(ttl); err != nil {
		return opError("set", namespace, err)
	}
	ttl = backends.CeilMillis(ttl)
	s := d.space(namespace)
	k := s.key(key)
	return d.do(ctx, "set", namespace, once, func(ctx context.Context) error {
		if err := d.refreshEpoch(ctx, s); err != nil {
			return err
		}
		// go-redis sends PX for a positive duration and no expiry for zero, which is what zero
		// means here. Never is a PX of 0 sent: Redis refuses it.
		return d.client.Set(ctx, k.name, s.seal(k, value, ttl), ttl).Err()
	})
}

// SetIfAbsent implements [backends.Creator].
func (d *Driver) SetIfAbsent(ctx context.Context, namespace, key string, value []byte, ttl time.Duration) (stored bool, err error) {
	if err := backends.CheckTTL(ttl); err != nil {
		return false, opError("set-if-absent", namespace, err)
	}
	ttl = backends.CeilMillis(ttl)
	s := d.space(namespace)
	k := s.key(key)
	err = d.do(ctx, "set-if-absent", namespace, once, func(ctx context.Context) error {
		if err := d.refreshEpoch(ctx, s); err != nil {
			return err
		}
		var err error
		stored, err = setIfAbsent.Run(ctx, d.client, []string{k.name},
			s.seal(k, value, ttl), ttl.Milliseconds(), s.epoch.Load()).Bool()
		return err
	})
	return stored, err
}

// Delete implements [backends.CacheStore].
func (d *Driver) Delete(ctx context.Context, namespace, key string) error {
	k := d.space(namespace).key(key)
	return d.do(ctx, "delete", namespace, once, func(ctx context.Context) error {
		return d.client.Unlink(ctx, k.name).Err()
	})
}

// Ping implements [backends.Pinger].
func (d *Driver) Ping(ctx context.Context) error {
	return d.do(ctx, "ping", "", twice, func(ctx context.Context) error {
		return d.client.Ping(ctx).Err()
	})
}

var (
	_ backends.CacheStore     = (*Driver)(nil)
	_ backends.L2CacheBackend = (*Driver)(nil)
	_ backends.Exister        = (*Driver)(nil)
	_ backends.Creator        = (*Driver)(nil)
	_ backends.Pinger         = (*Driver)(nil)
)
