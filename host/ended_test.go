package host_test

import (
	"errors"
	"testing"

	"github.com/wasikv/wasikv/host"
	"github.com/wasikv/wasikv/host/wasi"
)

// An instance that exited, with success or not, runs no second time, and says
// so: its exit status was the outcome of the first call.
func TestEndedInstanceRefusesCalls(t *testing.T) {
	r := newRunner(t, "mem:")
	c := r.compile(t, "go-examples.wasm")
	for _, args := range [][]string{{"guest", "ttl"}, {"guest", "nosuch"}} {
		in, err := c.Instantiate(t.Context(), host.InstanceConfig{Config: wasi.Config{Args: args}})
		if err != nil {
			t.Fatal(err)
		}
		first := in.Run(t.Context())
		again := in.Run(t.Context())
		if !errors.Is(again, host.ErrEnded) {
			t.Errorf("%v: first %v, then %v, want ErrEnded", args, first, again)
		}
		var exit *host.ExitError
		if errors.As(again, &exit) {
			t.Errorf("%v: the refusal passes for an exit: %v", args, again)
		}
		if err := in.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := in.Run(t.Context()); err == nil {
			t.Errorf("%v: a closed instance ran", args)
		}
	}
}
