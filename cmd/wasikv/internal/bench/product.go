package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/inmem"
	benchhost "github.com/wasikv/wasikv/cmd/wasikv/internal/bench/bindings/wasikv/bench/v0_1/host"
	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/component"
)

// product runs the guest as any embedder does.
type product struct {
	cache *backends.Cache
	host  *host.Host
	guest *host.Component
	in    *host.Instance
}

func newProduct(ctx context.Context, wasm []byte) (_ *product, err error) {
	p := &product{cache: backends.New(inmem.New(inmem.Options{}), backends.Config{})}
	defer func() {
		if err != nil {
			p.close(ctx)
		}
	}()
	p.host, err = host.New(ctx, host.Config{
		Cache:    p.cache,
		Register: func(l *component.Linker) error { return benchhost.Register(l, newCalls()) },
	})
	if err != nil {
		return nil, err
	}
	if p.guest, err = p.host.Compile(ctx, wasm); err != nil {
		return nil, err
	}
	p.in, err = p.guest.Instantiate(ctx, host.InstanceConfig{Namespace: "bench"})
	return p, err
}

func (p *product) call(ctx context.Context, export string, n int) error {
	return check(n)(p.count(ctx, export, n))
}

func (p *product) count(ctx context.Context, export string, n int) (uint64, error) {
	got, err := p.in.Call(ctx, export, component.U32Value(uint32(n)))
	if err != nil {
		return 0, err
	}
	count, _ := got.Uint()
	return count, nil
}

func (p *product) instantiate(ctx context.Context, n int) error {
	for range n {
		in, err := p.guest.Instantiate(ctx, host.InstanceConfig{Namespace: "bench"})
		if err != nil {
			return err
		}
		if err := in.Close(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *product) close(ctx context.Context) error {
	var errs []error
	if p.in != nil {
		errs = append(errs, p.in.Close(ctx))
	}
	if p.host != nil {
		errs = append(errs, p.host.Close(ctx))
	}
	return errors.Join(append(errs, p.cache.Close())...)
}

// calls implements wasikv:bench/host.
type calls struct{ list [maxList]byte }

// maxList bounds what the guest can ask for.
const maxList = 1 << 14

func newCalls() *calls {
	c := &calls{}
	for i := range c.list {
		c.list[i] = byte(i)
	}
	return c
}

// thing is the resource without state.
type thing struct{}

var theThing = &thing{}

func (*calls) Nop(context.Context) error                { return nil }
func (*calls) TakeString(context.Context, string) error { return nil }

func (c *calls) GiveList(_ context.Context, size uint32) ([]byte, error) {
	if size > maxList {
		return nil, fmt.Errorf("a list of %d bytes is more than %d", size, maxList)
	}
	return c.list[:size], nil
}

func (*calls) NewThing(context.Context) (benchhost.Thing, error) { return theThing, nil }
