package io_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newGuest makes a guest, and the context of a call from it.
func newGuest(t testing.TB, limits component.Limits) (context.Context, *component.Guest) {
	t.Helper()
	g := component.NewLinker().NewGuest(context.Background(), limits)
	t.Cleanup(func() { g.Close(context.Background()) })
	return component.WithGuest(context.Background(), g), g
}

func wantTrap(t *testing.T, err error, reason string) {
	t.Helper()
	var trap *component.Trap
	if !errors.As(err, &trap) || trap.Reason != reason {
		t.Fatalf("got error %v, want the trap %q", err, reason)
	}
}

func wantClosed(t *testing.T, err error) {
	t.Helper()
	var f *component.Failure[streams.StreamError]
	if !errors.As(err, &f) || f.Err.Tag != streams.StreamErrorTagClosed {
		t.Fatalf("got error %v, want closed", err)
	}
}

func wantFailed(t *testing.T, err error, text string) {
	t.Helper()
	var f *component.Failure[streams.StreamError]
	if !errors.As(err, &f) || f.Err.Tag != streams.StreamErrorTagLastOperationFailed {
		t.Fatalf("got error %v, want last-operation-failed", err)
	}
	if got, _ := f.Err.LastOperationFailed.ToDebugString(context.Background()); got != text {
		t.Fatalf("to-debug-string = %q, want %q", got, text)
	}
}

func pollables(sources ...io.Source) []poll.Pollable {
	out := make([]poll.Pollable, len(sources))
	for i, s := range sources {
		out[i] = io.NewPollable(s)
	}
	return out
}

// never is a Source that is never ready.
type never struct{ io.Watchers }

func (*never) Ready() bool { return false }
