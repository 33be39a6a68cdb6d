package bindtest

import (
	"context"
	"fmt"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/lists"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/scalars"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/shapes"
	"github.com/wasikv/wasikv/host/internal/bindtest/bindings/corpus/awkward/v0_3/wide"
)

// The echo hosts give back what they are given.
var (
	_ scalars.Host = echoScalars{}
	_ shapes.Host  = echoShapes{}
	_ lists.Host   = echoLists{}
	_ wide.Host    = echoWide{}
)

type echoScalars struct{}

func (echoScalars) EchoBool(_ context.Context, v bool) (bool, error) { return clone(v), nil }

func (echoScalars) EchoS8(_ context.Context, v int8) (int8, error) { return clone(v), nil }

func (echoScalars) EchoU8(_ context.Context, v uint8) (uint8, error) { return clone(v), nil }

func (echoScalars) EchoS16(_ context.Context, v int16) (int16, error) { return clone(v), nil }

func (echoScalars) EchoU16(_ context.Context, v uint16) (uint16, error) { return clone(v), nil }

func (echoScalars) EchoS32(_ context.Context, v int32) (int32, error) { return clone(v), nil }

func (echoScalars) EchoU32(_ context.Context, v uint32) (uint32, error) { return clone(v), nil }

func (echoScalars) EchoS64(_ context.Context, v int64) (int64, error) { return clone(v), nil }

func (echoScalars) EchoU64(_ context.Context, v uint64) (uint64, error) { return clone(v), nil }

func (echoScalars) EchoF32(_ context.Context, v float32) (float32, error) { return clone(v), nil }

func (echoScalars) EchoF64(_ context.Context, v float64) (float64, error) { return clone(v), nil }

func (echoScalars) EchoChar(_ context.Context, v rune) (rune, error) { return clone(v), nil }

func (echoScalars) EchoString(_ context.Context, v string) (string, error) { return clone(v), nil }

func (echoScalars) EchoBytes(_ context.Context, v []byte) ([]byte, error) { return clone(v), nil }

type echoShapes struct{}

func (echoShapes) EchoWrapped(_ context.Context, v shapes.Wrapped) (shapes.Wrapped, error) {
	return clone(v), nil
}

func (echoShapes) EchoNestedWrapped(_ context.Context, v component.Tuple1[component.Tuple1[shapes.Wrapped]]) (component.Tuple1[component.Tuple1[shapes.Wrapped]], error) {
	return clone(v), nil
}

func (echoShapes) EchoPadded(_ context.Context, v shapes.Padded) (shapes.Padded, error) {
	return clone(v), nil
}

func (echoShapes) EchoDeep(_ context.Context, v shapes.Deep) (shapes.Deep, error) {
	return clone(v), nil
}

func (echoShapes) EchoBare(_ context.Context, v shapes.Bare) (shapes.Bare, error) {
	return clone(v), nil
}

func (echoShapes) EchoJoined(_ context.Context, v shapes.Joined) (shapes.Joined, error) {
	return clone(v), nil
}

func (echoShapes) EchoNested(_ context.Context, v shapes.Nested) (shapes.Nested, error) {
	return clone(v), nil
}

func (echoShapes) EchoOne(_ context.Context, v shapes.One) (shapes.One, error) { return clone(v), nil }

func (echoShapes) EchoLone(_ context.Context, v shapes.Lone) (shapes.Lone, error) {
	return clone(v), nil
}

func (echoShapes) EchoByteSized(_ context.Context, v shapes.ByteSized) (shapes.ByteSized, error) {
	return clone(v), nil
}

func (echoShapes) EchoWordSized(_ context.Context, v shapes.WordSized) (shapes.WordSized, error) {
	return clone(v), nil
}

func (echoShapes) EchoMany(_ context.Context, v shapes.Many) (shapes.Many, error) {
	return clone(v), nil
}

func (echoShapes) EchoEnums(_ context.Context, v component.Tuple4[shapes.ByteSized, shapes.WordSized, shapes.Lone, shapes.Bare]) (component.Tuple4[shapes.ByteSized, shapes.WordSized, shapes.Lone, shapes.Bare], error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags1(_ context.Context, v shapes.Flags1) (shapes.Flags1, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags8(_ context.Context, v shapes.Flags8) (shapes.Flags8, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags9(_ context.Context, v shapes.Flags9) (shapes.Flags9, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags16(_ context.Context, v shapes.Flags16) (shapes.Flags16, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags17(_ context.Context, v shapes.Flags17) (shapes.Flags17, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags32(_ context.Context, v shapes.Flags32) (shapes.Flags32, error) {
	return clone(v), nil
}

func (echoShapes) EchoFlags(_ context.Context, v component.Tuple4[shapes.Flags1, shapes.Flags9, shapes.Flags17, shapes.Flags32]) (component.Tuple4[shapes.Flags1, shapes.Flags9, shapes.Flags17, shapes.Flags32], error) {
	return clone(v), nil
}

func (echoShapes) EchoMoving(_ context.Context, v shapes.Moving) (shapes.Moving, error) {
	return clone(v), nil
}

func (echoShapes) EchoMovingTwice(_ context.Context, v shapes.MovingTwice) (shapes.MovingTwice, error) {
	return clone(v), nil
}

func (echoShapes) EchoVariantString(_ context.Context, v component.Tuple2[shapes.VariantString, shapes.VariantString]) (component.Tuple2[shapes.VariantString, shapes.VariantString], error) {
	return clone(v), nil
}

func (echoShapes) EchoOption(_ context.Context, v component.Option[uint32]) (component.Option[uint32], error) {
	return clone(v), nil
}

func (echoShapes) EchoOptionString(_ context.Context, v component.Option[string]) (component.Option[string], error) {
	return clone(v), nil
}

func (echoShapes) EchoOptions(_ context.Context, v component.Option[component.Option[component.Option[bool]]]) (component.Option[component.Option[component.Option[bool]]], error) {
	return clone(v), nil
}

func (echoShapes) EchoResult(_ context.Context, v component.Result[uint32, string]) (uint32, error) {
	return outcome(v)
}

func (echoShapes) EchoResultOk(_ context.Context, v component.Result[string, component.Unit]) (string, error) {
	return outcome(v)
}

func (echoShapes) EchoResultErr(_ context.Context, v component.Result[component.Unit, shapes.Joined]) error {
	_, err := outcome(v)
	return err
}

func (echoShapes) EchoResultBare(_ context.Context, v component.Result[component.Unit, component.Unit]) error {
	_, err := outcome(v)
	return err
}

func (echoShapes) EchoResults(_ context.Context, v component.Option[component.Result[component.Option[uint8], []byte]]) (component.Option[component.Result[component.Option[uint8], []byte]], error) {
	return clone(v), nil
}

func (echoShapes) EchoResultFlat(_ context.Context, v component.Tuple1[component.Result[component.Unit, component.Unit]]) (component.Tuple1[component.Result[component.Unit, component.Unit]], error) {
	return clone(v), nil
}

func (echoShapes) EchoResultSame(_ context.Context, v component.Result[string, string]) (string, error) {
	return outcome(v)
}

func (echoShapes) EchoTuple1(_ context.Context, v component.Tuple1[int16]) (component.Tuple1[int16], error) {
	return clone(v), nil
}

func (echoShapes) EchoTuple8(_ context.Context, v component.Tuple8[uint8, int8, uint16, int16, uint32, int32, uint64, int64]) (component.Tuple8[uint8, int8, uint16, int16, uint32, int32, uint64, int64], error) {
	return clone(v), nil
}

func (echoShapes) EchoAlias(_ context.Context, v shapes.Alias) (shapes.Alias, error) {
	return clone(v), nil
}

func (echoShapes) EchoPair(_ context.Context, v shapes.MaybePair) (shapes.MaybePair, error) {
	return clone(v), nil
}

func (echoShapes) EchoOutcome(_ context.Context, v shapes.Outcome) (shapes.Pair, error) {
	return outcome(v)
}

type echoLists struct{}

func (echoLists) EchoBools(_ context.Context, v []bool) ([]bool, error) { return clone(v), nil }

func (echoLists) EchoS8s(_ context.Context, v []int8) ([]int8, error) { return clone(v), nil }

func (echoLists) EchoU16s(_ context.Context, v []uint16) ([]uint16, error) { return clone(v), nil }

func (echoLists) EchoS16s(_ context.Context, v []int16) ([]int16, error) { return clone(v), nil }

func (echoLists) EchoU32s(_ context.Context, v []uint32) ([]uint32, error) { return clone(v), nil }

func (echoLists) EchoS32s(_ context.Context, v []int32) ([]int32, error) { return clone(v), nil }

func (echoLists) EchoU64s(_ context.Context, v []uint64) ([]uint64, error) { return clone(v), nil }

func (echoLists) EchoS64s(_ context.Context, v []int64) ([]int64, error) { return clone(v), nil }

func (echoLists) EchoF32s(_ context.Context, v []float32) ([]float32, error) { return clone(v), nil }

func (echoLists) EchoF64s(_ context.Context, v []float64) ([]float64, error) { return clone(v), nil }

func (echoLists) EchoChars(_ context.Context, v []rune) ([]rune, error) { return clone(v), nil }

func (echoLists) EchoStrings(_ context.Context, v []string) ([]string, error) { return clone(v), nil }

func (echoLists) EchoLists(_ context.Context, v [][]byte) ([][]byte, error) { return clone(v), nil }

func (echoLists) EchoDeepLists(_ context.Context, v [][][]uint16) ([][][]uint16, error) {
	return clone(v), nil
}

func (echoLists) EchoPairs(_ context.Context, v []component.Tuple2[string, []byte]) ([]component.Tuple2[string, []byte], error) {
	return clone(v), nil
}

func (echoLists) EchoPadded(_ context.Context, v []lists.Padded) ([]lists.Padded, error) {
	return clone(v), nil
}

func (echoLists) EchoJoined(_ context.Context, v []lists.Joined) ([]lists.Joined, error) {
	return clone(v), nil
}

func (echoLists) EchoEnums(_ context.Context, v []lists.WordSized) ([]lists.WordSized, error) {
	return clone(v), nil
}

func (echoLists) EchoFlags(_ context.Context, v []lists.Flags9) ([]lists.Flags9, error) {
	return clone(v), nil
}

func (echoLists) EchoSized(_ context.Context, v []component.Tuple4[lists.ByteSized, uint8, lists.WordSized, lists.Many]) ([]component.Tuple4[lists.ByteSized, uint8, lists.WordSized, lists.Many], error) {
	return clone(v), nil
}

func (echoLists) EchoOptions(_ context.Context, v []component.Option[string]) ([]component.Option[string], error) {
	return clone(v), nil
}

func (echoLists) EchoResults(_ context.Context, v []component.Result[[]string, uint64]) ([]component.Result[[]string, uint64], error) {
	return clone(v), nil
}

func (echoLists) EchoDeep(_ context.Context, v []lists.Deep) ([]lists.Deep, error) {
	return clone(v), nil
}

func (echoLists) EchoInOption(_ context.Context, v component.Option[[]string]) (component.Option[[]string], error) {
	return clone(v), nil
}

func (echoLists) EchoInResult(_ context.Context, v component.Result[[]string, []uint32]) ([]string, error) {
	return outcome(v)
}

type echoWide struct{}

func (echoWide) EchoBig(_ context.Context, v wide.Big) (wide.Big, error) { return clone(v), nil }

func (echoWide) EchoTwice(_ context.Context, v wide.Twice) (wide.Twice, error) { return clone(v), nil }

func (echoWide) EchoTuple(_ context.Context, v component.Tuple3[wide.Twice, wide.Big, wide.Joined]) (component.Tuple3[wide.Twice, wide.Big, wide.Joined], error) {
	return clone(v), nil
}

// tuple9 is a tuple longer than component.TupleN goes.
type tuple9 = struct {
	F0 bool
	F1 uint8
	F2 uint16
	F3 uint32
	F4 uint64
	F5 float32
	F6 float64
	F7 rune
	F8 string
}

func (echoShapes) EchoTuple9(_ context.Context, v tuple9) (tuple9, error) { return clone(v), nil }

func (echoScalars) Nothing(context.Context) error { return nil }

func (echoLists) Two(_ context.Context, a []string, b []string) ([]string, error) {
	return append(clone(a), clone(b)...), nil
}

func (echoWide) Sixteen(_ context.Context, a uint8, b uint16, c uint32, d uint64, e int8, f int16, g int32, h int64, i float32, j float64, k rune, l bool, m uint8, n uint16, o string) (string, error) {
	return fmt.Sprintln(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o), nil
}

func (echoWide) Seventeen(_ context.Context, a uint8, b uint16, c uint32, d uint64, e int8, f int16, g int32, h int64, i float32, j float64, k rune, l bool, m uint8, n uint16, o uint32, p string) (component.Tuple8[uint8, uint16, uint32, uint64, int8, int16, int32, int64], error) {
	if got, want := fmt.Sprintln(i, j, k, l, m, n, o, p), fmt.Sprintln(float32(1.5), 2.25, 'é', true, 3, 4, 5, "six"); got != want {
		return component.Tuple8[uint8, uint16, uint32, uint64, int8, int16, int32, int64]{}, fmt.Errorf("got %q, want %q", got, want)
	}
	return component.Tuple8[uint8, uint16, uint32, uint64, int8, int16, int32, int64]{F0: a, F1: b, F2: c, F3: d, F4: e, F5: f, F6: g, F7: h}, nil
}

func (echoWide) Sink(_ context.Context, a wide.Big, b wide.Big) error { return nil }

func (echoWide) Count(_ context.Context, a wide.Big, b wide.Big) (uint32, error) {
	return uint32(len(a.E)<<24 | len(a.F)<<16 | len(b.E)<<8 | len(b.F)), nil
}

// Check fails where the lists of the first are longer.
func (echoWide) Check(_ context.Context, a wide.Big, b wide.Big) (wide.Big, error) {
	if len(a.E) > len(b.E) {
		return wide.Big{}, component.Fail(fmt.Sprint(len(a.E), " elements"))
	}
	return clone(b), nil
}
