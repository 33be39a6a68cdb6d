package keyvalue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/keyvalue"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// latency is what an operation of the store that waits takes.
const latency = 10 * time.Millisecond

// guest is a guest of a test: it calls the interfaces as a guest does.
type guest struct {
	t     testing.TB
	inner *component.Guest
	store *backends.Cache
	ctx   context.Context
	kv    cache.Host
	types types.Host
	poll  poll.Host
	ended bool
}

// newGuest makes a guest of a cache.
func newGuest(t testing.TB, c *backends.Cache, namespace string, limits component.Limits) *guest {
	g := component.NewLinker().NewGuest(context.Background(), limits)
	keyvalue.Configure(g, namespace)
	kv, ty := keyvalue.Hosts(g, c)
	return &guest{
		t: t, inner: g, store: c, ctx: component.WithGuest(context.Background(), g),
		kv: kv, types: ty, poll: io.NewPoll(g),
	}
}

// another makes a further guest of the same cache and namespace.
func (g *guest) another() *guest {
	return newGuest(g.t, g.store, g.inner.Value(keyvalue.NamespaceKey).(string), *g.inner.Limits())
}

// end closes the guest, as a trap, an exit or the embedder do.
func (g *guest) end() {
	g.ended = true
	g.inner.Close(context.Background())
}

// over runs a test of a behaviour in a synctest bubble, over a store that
// answers at once and over one that waits.
func over(t *testing.T, cfg backends.Config, test func(t *testing.T, g *guest)) {
	t.Helper()
	overLimited(t, cfg, component.Limits{}, test)
}

func overLimited(t *testing.T, cfg backends.Config, limits component.Limits, test func(t *testing.T, g *guest)) {
	t.Helper()
	for _, s := range []struct {
		name    string
		options inmem.Options
	}{
		{"immediate", inmem.Options{}},
		{"waiting", inmem.Options{Latency: latency}},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := backends.New(inmem.New(s.options), cfg)
				defer c.Close()
				g := newGuest(t, c, "tenant", limits)
				defer g.end()
				test(t, g)
				if n := keyvalue.HeldBytes(g.inner, c); !g.ended && n != 0 {
					t.Errorf("the guest dropped everything, and is charged for %d bytes", n)
				}
				g.end()
				synctest.Wait()
				if n := keyvalue.Running(g.inner, c); n != 0 {
					t.Errorf("%d goroutines outlive the guest", n)
				}
			})
		})
	}
}

func (g *guest) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// drop is resource.drop.
func (g *guest) drop(objects ...any) {
	for _, o := range objects {
		component.DropObject(g.ctx, o)
	}
}

// listener is any of the four futures.
type listener = func(context.Context) (poll.Pollable, error)

// wait blocks until a future is ready.
func (g *guest) wait(listen listener) {
	g.t.Helper()
	p, err := listen(g.ctx)
	g.must(err)
	g.must(p.Block(g.ctx))
	g.drop(p)
}

func (g *guest) ready(p poll.Pollable) bool {
	g.t.Helper()
	ok, err := p.Ready(g.ctx)
	g.must(err)
	return ok
}

// settled waits until every goroutine waits, so that what can end has ended.
func settled() { synctest.Wait() }

// outcome gives the outcome of a ready future, as a value or the trace of an
// error.
func outcome[T any](g *guest, take func(context.Context) (component.Option[component.Result[T, wasikeyvalueerror.Error]], error)) (T, string) {
	g.t.Helper()
	r, err := take(g.ctx)
	g.must(err)
	if !r.Some {
		g.t.Fatal("there is no outcome yet")
	}
	if r.Value.IsErr {
		return r.Value.Ok, g.trace(r.Value.Err)
	}
	return r.Value.Ok, ""
}

// none asserts that a future has no outcome yet.
func none[T any](g *guest, take func(context.Context) (component.Option[T], error)) {
	g.t.Helper()
	if r, err := take(g.ctx); err != nil || r.Some {
		g.t.Fatalf("got outcome %v, %v; want none yet", r, err)
	}
}

func (g *guest) trace(e wasikeyvalueerror.Error) string {
	g.t.Helper()
	text, err := e.Trace(g.ctx)
	g.must(err)
	if text == "" {
		g.t.Fatal("the error has an empty trace")
	}
	return text
}

// failed gives the trace of the error case of a function.
func (g *guest) failed(err error) string {
	g.t.Helper()
	f, ok := component.AsFailure[wasikeyvalueerror.Error](err)
	if !ok {
		g.t.Fatalf("got %v, want an error of wasi:keyvalue", err)
	}
	return g.trace(f.Err)
}

func ttl(d time.Duration) component.Option[uint32] {
	return component.Some(uint32(d.Milliseconds()))
}

var noTTL component.Option[uint32]

// value makes an outgoing-value with a body.
func (g *guest) value(body string) types.OutgoingValue {
	g.t.Helper()
	v, err := g.types.OutgoingValueNewOutgoingValue(g.ctx)
	g.must(err)
	g.must(v.OutgoingValueWriteBodySync(g.ctx, []byte(body)))
	return v
}

// set stores a value and waits until that is done.
func (g *guest) set(k, body string, ttl component.Option[uint32]) {
	g.t.Helper()
	v := g.value(body)
	f, err := g.kv.Set(g.ctx, k, v, ttl)
	g.must(err)
	g.drop(v)
	g.done(f)
}

// done waits for a write to succeed.
func (g *guest) done(f cache.FutureResult) {
	g.t.Helper()
	if trace := g.result(f); trace != "" {
		g.t.Fatal(trace)
	}
}

// result waits for a write and gives the trace of its error.
func (g *guest) result(f cache.FutureResult) string {
	g.t.Helper()
	g.wait(f.ListenToFutureResult)
	_, trace := outcome(g, f.FutureResultGet)
	g.drop(f)
	return trace
}

func (g *guest) delete(k string) {
	g.t.Helper()
	f, err := g.kv.Delete(g.ctx, k)
	g.must(err)
	g.done(f)
}

// get looks a key up and waits.
func (g *guest) get(k string) (body string, found bool) {
	g.t.Helper()
	f, err := g.kv.Get(g.ctx, k)
	g.must(err)
	g.wait(f.ListenToFutureGetResult)
	r, trace := outcome(g, f.FutureGetResultGet)
	if trace != "" {
		g.t.Fatal(trace)
	}
	g.drop(f)
	if !r.Some {
		return "", false
	}
	return g.consume(r.Value), true
}

// getTrace looks a key up, which must fail.
func (g *guest) getTrace(k string) string {
	g.t.Helper()
	f, err := g.kv.Get(g.ctx, k)
	g.must(err)
	g.wait(f.ListenToFutureGetResult)
	_, trace := outcome(g, f.FutureGetResultGet)
	g.drop(f)
	if trace == "" {
		g.t.Fatal("the get did not fail")
	}
	return trace
}

func (g *guest) consume(v types.IncomingValue) string {
	g.t.Helper()
	b, err := v.IncomingValueConsumeSync(g.ctx)
	g.must(err)
	body := string(b)
	g.drop(v)
	return body
}

func (g *guest) exists(k string) bool {
	g.t.Helper()
	f, err := g.kv.Exists(g.ctx, k)
	g.must(err)
	g.wait(f.ListenToFutureExistsResult)
	ok, trace := outcome(g, f.FutureExistsResultGet)
	if trace != "" {
		g.t.Fatal(trace)
	}
	g.drop(f)
	return ok
}

// want asserts what is stored under a key.
func (g *guest) want(k, body string) {
	g.t.Helper()
	if got, found := g.get(k); !found || got != body {
		g.t.Fatalf("get(%.40q) = %.40q, %v; want %.40q", k, got, found, body)
	}
}

// wantAbsent asserts that nothing is stored under a key.
func (g *guest) wantAbsent(k string) {
	g.t.Helper()
	if got, found := g.get(k); found {
		g.t.Fatalf("get(%.40q) = %.40q, want none", k, got)
	}
	if g.exists(k) {
		g.t.Fatalf("exists(%.40q) = true, want false", k)
	}
}

// ask starts a get-or-set.
func (g *guest) ask(k string) cache.FutureGetOrSetResult {
	g.t.Helper()
	f, err := g.kv.GetOrSet(g.ctx, k)
	g.must(err)
	return f
}

// entry takes the outcome of a get-or-set once it is ready, and drops the
// future.
func (g *guest) entry(f cache.FutureGetOrSetResult) cache.GetOrSetEntry {
	g.t.Helper()
	g.wait(f.ListenToFutureGetOrSetResult)
	e, trace := outcome(g, f.FutureGetOrSetResultGet)
	if trace != "" {
		g.t.Fatal(trace)
	}
	g.drop(f)
	return e
}

// vacant does a get-or-set that must be vacant.
func (g *guest) vacant(k string) cache.Vacancy {
	g.t.Helper()
	return g.wantVacant(g.ask(k))
}

func (g *guest) wantVacant(f cache.FutureGetOrSetResult) cache.Vacancy {
	g.t.Helper()
	e := g.entry(f)
	if e.Tag != cache.GetOrSetEntryTagVacant {
		g.t.Fatalf("got occupied by %q, want vacant", g.consume(e.Occupied))
	}
	return e.Vacant
}

// occupied does a get-or-set that must be occupied.
func (g *guest) wantOccupied(f cache.FutureGetOrSetResult, body string) {
	g.t.Helper()
	e := g.entry(f)
	if e.Tag != cache.GetOrSetEntryTagOccupied {
		g.t.Fatal("got vacant, want occupied")
	}
	if got := g.consume(e.Occupied); got != body {
		g.t.Fatalf("got occupied by %q, want %q", got, body)
	}
}

// pending asserts that a get-or-set still waits.
func (g *guest) pending(f cache.FutureGetOrSetResult) {
	g.t.Helper()
	settled()
	time.Sleep(3 * latency)
	none(g, f.FutureGetOrSetResultGet)
}

// fill fills a vacancy with a synchronous write.
func (g *guest) fill(v cache.Vacancy, body string, ttl component.Option[uint32]) {
	g.t.Helper()
	o, err := v.VacancyFill(g.ctx, ttl)
	g.must(err)
	g.must(o.OutgoingValueWriteBodySync(g.ctx, []byte(body)))
	g.drop(o, v)
}

// write writes all of body to a stream, as its permits allow.
func (g *guest) write(s streams.OutputStream, body string) {
	g.t.Helper()
	for body != "" {
		n, err := s.CheckWrite(g.ctx)
		g.must(err)
		n = min(n, uint64(len(body)))
		g.must(s.Write(g.ctx, []byte(body[:n])))
		body = body[n:]
	}
}

// read reads a stream to its end in pieces of up to n.
func (g *guest) read(s streams.InputStream, n uint64) string {
	g.t.Helper()
	var body []byte
	for {
		b, err := s.BlockingRead(g.ctx, n)
		if streamError(err) == streams.StreamErrorTagClosed {
			return string(body)
		}
		g.must(err)
		body = append(body, b...)
	}
}

const noStreamError streams.StreamErrorTag = 0xff

// streamError gives the case of a stream-error.
func streamError(err error) streams.StreamErrorTag {
	if f, ok := component.AsFailure[streams.StreamError](err); ok {
		return f.Err.Tag
	}
	return noStreamError
}

// trapped tells a trap from the error case of a function.
func trapped(err error) bool {
	var t *component.Trap
	return errors.As(err, &t)
}
