package io

import (
	"context"
	"fmt"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
)

// Pollable is the resource of wasi:io/poll, over a Source.
//
// A host type that wants to hear of the guest dropping its pollable embeds
// Pollable and adds Drop.
//
// A Pollable may outlive what it waits for: a Source whose operation or stream
// is gone says that it is ready, so that no guest waits for it in vain.
type Pollable struct{ source Source }

var _ poll.Pollable = (*Pollable)(nil)

// NewPollable makes a pollable that is ready when s is.
func NewPollable(s Source) *Pollable { return &Pollable{source: s} }

// Init makes a Pollable that is part of a larger object wait for s.
func (p *Pollable) Init(s Source) { p.source = s }

// Source gives what the pollable waits for.
func (p *Pollable) Source() Source { return p.source }

// Ready is [method]pollable.ready.
func (p *Pollable) Ready(context.Context) (bool, error) { return p.source.Ready(), nil }

// Block is [method]pollable.block: it returns when the source is ready, and
// traps with the error of ctx where that ends first.
func (p *Pollable) Block(ctx context.Context) error { return Wait(ctx, p.source) }

// sourced is every pollable that embeds Pollable.
type sourced interface{ Source() Source }

// poller implements the functions of wasi:io/poll for one guest.
type poller struct {
	limit   int
	sources []Source // scratch of the poll under way
	ready   []uint32 // the last answer
}

// NewPoll makes the functions of wasi:io/poll for one guest: what Register
// defines.
func NewPoll(g *component.Guest) poll.Host { return &poller{limit: int(g.Limits().PollList)} }

func registerPoll(l *component.Linker) error {
	return poll.RegisterEach(l, func(g *component.Guest) (poll.Host, error) { return NewPoll(g), nil })
}

// Poll is wasi:io/poll.poll: it returns the indices of those of in that are
// ready, once there is one. It traps where in is empty or longer than
// Limits.PollList, and with the error of ctx where that ends first. The answer
// is valid until the next call.
func (p *poller) Poll(ctx context.Context, in []poll.Pollable) ([]uint32, error) {
	if len(in) == 0 {
		return nil, &component.Trap{Reason: "poll of no pollables"}
	}
	if len(in) > p.limit {
		return nil, &component.Trap{Reason: fmt.Sprintf("poll of %d pollables, the limit is %d (Limits.PollList)", len(in), p.limit)}
	}
	p.sources = p.sources[:0]
	defer func() { clear(p.sources) }() // keep nothing alive
	for _, o := range in {
		s, ok := o.(sourced)
		if !ok {
			return nil, fmt.Errorf("io: a %T cannot be polled: embed io.Pollable in it", o)
		}
		p.sources = append(p.sources, s.Source())
	}
	if p.look() {
		return p.ready, nil
	}
	return p.ready, p.wait(ctx)
}

// look notes which sources are ready, and whether any is.
func (p *poller) look() bool {
	p.ready = p.ready[:0]
	for i, s := range p.sources {
		if s.Ready() {
			p.ready = append(p.ready, uint32(i))
		}
	}
	return len(p.ready) != 0
}

// wait blocks until a source is ready.
func (p *poller) wait(ctx context.Context) error {
	w := sleeper(ctx)
	defer func() { w.busy = false }()
	for {
		w.arm()
		for _, s := range p.sources {
			s.Watch(&w.Waker)
		}
		done := p.look()
		var err error
		if !done {
			err = w.sleep(ctx)
		}
		for _, s := range p.sources {
			s.Unwatch(&w.Waker)
		}
		if done || p.look() {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
