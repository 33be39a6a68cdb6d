package io_test

import (
	"context"
	"fmt"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// An interface of your own gives guests a pollable for an operation that runs
// elsewhere: the operation has an Event, and whatever goroutine ends it calls
// Set. The guest may mix it with pollables of any other interface in one poll.
func Example() {
	type lookup struct {
		done   io.Event
		answer string // written before Set, read after Ready
	}
	var op lookup
	go func() {
		time.Sleep(time.Millisecond) // the backend
		op.answer = "42"
		op.done.Set()
	}()
	pollable := io.NewPollable(&op.done) // what the host function returns

	// What the guest does with it.
	guest := component.NewLinker().NewGuest(context.Background(), component.Limits{})
	ctx := component.WithGuest(context.Background(), guest)
	timeout := io.NewPollable(new(io.Event))
	ready, err := io.NewPoll(guest).Poll(ctx, []poll.Pollable{timeout, pollable})
	fmt.Println(ready, op.answer, err)
	// Output: [1] 42 <nil>
}

// A Go channel needs a goroutine that receives from it; a context does not,
// since it calls back. Both end here with ctx, so that nothing is left behind.
func ExampleEvent() {
	ctx, cancel := context.WithCancel(context.Background())

	var received io.Event
	channel := make(chan string, 1)
	go func() {
		select {
		case <-channel:
			received.Set()
		case <-ctx.Done():
		}
	}()
	channel <- "message"
	fmt.Println(io.Wait(ctx, &received))

	var canceled io.Event
	stop := context.AfterFunc(ctx, canceled.Set)
	defer stop()
	cancel()
	fmt.Println(io.NewPollable(&canceled).Block(context.Background()))
	// Output:
	// <nil>
	// <nil>
}

// queue is ready whenever it holds something: readiness that comes and goes.
// Watchers is embedded for Watch and Unwatch; Wake announces each change.
type queue struct {
	io.Watchers
	items chan string
}

func (q *queue) Ready() bool { return len(q.items) != 0 }

func (q *queue) put(item string) {
	q.items <- item
	q.Wake()
}

func ExampleWatchers() {
	q := &queue{items: make(chan string, 8)}
	p := io.NewPollable(q)
	go q.put("first")
	if err := p.Block(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-q.items, q.Ready())
	// Output: first false
}
