package bindtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/environment"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/exit"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stderr"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdin"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/stdout"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalinput"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminaloutput"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstderr"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdin"
	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/terminalstdout"
	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/monotonicclock"
	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/wallclock"
	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/preopens"
	fstypes "github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	ioerror "github.com/wasikv/wasikv/bindings/wasi/io/v0_2/error"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/poll"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/cache"
	kvtypes "github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/wasikeyvalueerror"
	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/insecure"
	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/insecureseed"
	"github.com/wasikv/wasikv/bindings/wasi/random/v0_2/random"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/foreign"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/handles"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/inline"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/lists"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/names"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/onlytypes"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/scalars"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/shapes"
	awkwardtype "github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/type"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/wide"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/shared/v1/things"
)

var errHost = errors.New("the host gave up")

// each registers an interface without an implementation.
func each[H any](l *component.Linker, register func(*component.Linker, func(*component.Guest) (H, error)) error) error {
	return register(l, func(*component.Guest) (H, error) {
		var none H
		return none, nil
	})
}

// everyLinker offers all generated interfaces, most of them without an
// implementation.
func everyLinker(t testing.TB) *component.Linker {
	l := component.NewLinker()
	for _, err := range []error{
		ioerror.Register(l), each(l, poll.RegisterEach), streams.Register(l),
		each(l, monotonicclock.RegisterEach), each(l, wallclock.RegisterEach),
		each(l, random.RegisterEach), each(l, insecure.RegisterEach), each(l, insecureseed.RegisterEach),
		each(l, environment.RegisterEach), each(l, exit.RegisterEach),
		each(l, stdin.RegisterEach), each(l, stdout.RegisterEach), each(l, stderr.RegisterEach),
		terminalinput.Register(l), terminaloutput.Register(l),
		each(l, terminalstdin.RegisterEach), each(l, terminalstdout.RegisterEach), each(l, terminalstderr.RegisterEach),
		each(l, fstypes.RegisterEach), each(l, preopens.RegisterEach),
		wasikeyvalueerror.Register(l), each(l, kvtypes.RegisterEach), each(l, cache.RegisterEach),
		each(l, scalars.RegisterEach), each(l, shapes.RegisterEach), each(l, lists.RegisterEach), each(l, wide.RegisterEach),
		each(l, handles.RegisterEach), each(l, names.RegisterEach), each(l, awkwardtype.RegisterEach),
		onlytypes.Register(l), each(l, foreign.RegisterEach), each(l, inline.RegisterEach), things.Register(l),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// counter implements inline.Host, for one guest or for all.
type counter struct{ calls uint32 }

func (c *counter) Add(_ context.Context, a, b uint32) (uint32, error) {
	c.calls++
	return a + b + c.calls, nil
}

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	if err := inline.Register(l, nil); err == nil || !strings.Contains(err.Error(), "needs an implementation") {
		t.Errorf("Register without an implementation: %v", err)
	}
	if err := inline.Register(l, &counter{}); err != nil {
		t.Fatal(err)
	}
	if err := inline.Register(l, &counter{}); err == nil {
		t.Error("an interface can be registered twice")
	}
	one, two := newGuest(t, l, abi.UTF8, component.Limits{}), newGuest(t, l, abi.UTF8, component.Limits{})
	if a, b := one.mustInvoke("in-line", "add", 10, 10), two.mustInvoke("in-line", "add", 10, 10); a != 21 || b != 22 {
		t.Errorf("guests share one implementation: %d and %d, want 21 and 22", a, b)
	}
}

func TestRegisterEach(t *testing.T) {
	l := component.NewLinker()
	opened := 0
	err := inline.RegisterEach(l, func(*component.Guest) (inline.Host, error) {
		opened++
		return &counter{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	one, two := newGuest(t, l, abi.UTF8, component.Limits{}), newGuest(t, l, abi.UTF8, component.Limits{})
	if opened != 0 {
		t.Errorf("%d implementations before the first call", opened)
	}
	if a, b := one.mustInvoke("in-line", "add", 10, 10), two.mustInvoke("in-line", "add", 10, 10); a != 21 || b != 21 {
		t.Errorf("guests have their own implementations: %d and %d, want 21 and 21", a, b)
	}
	if again := one.mustInvoke("in-line", "add", 10, 10); again != 22 || opened != 2 {
		t.Errorf("%d after %d were opened, want 22 after 2", again, opened)
	}
}

func TestRegisterEachFails(t *testing.T) {
	l := component.NewLinker()
	if err := each(l, inline.RegisterEach); err != nil {
		t.Fatal(err)
	}
	newGuest(t, l, abi.UTF8, component.Limits{}).wantTrap("no implementation was made", "in-line", "add", 1, 2)

	l = component.NewLinker()
	err := inline.RegisterEach(l, func(*component.Guest) (inline.Host, error) { return nil, errHost })
	if err != nil {
		t.Fatal(err)
	}
	if _, trap := newGuest(t, l, abi.UTF8, component.Limits{}).invoke("in-line", "add", 1, 2); !errors.Is(trap, errHost) {
		t.Errorf("trap %v, want the error of open", trap)
	}
}
