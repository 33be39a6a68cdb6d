package component

import (
	"slices"
	"strings"
	"testing"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/abi/abitest"
)

func arena(t testing.TB, limits Limits, bytes []byte) (*abitest.Arena, *Frame) {
	in, end := abitest.Guest(limits)
	t.Cleanup(end)
	a := &abitest.Arena{Bytes: bytes}
	f := a.Frame(in, abi.UTF8)
	f.Enter()
	return a, &f
}

func TestNumbersViewMemory(t *testing.T) {
	a, f := arena(t, Limits{LiftBytes: 1}, []byte{0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	got := Numbers[int32](f, 4, 2)
	if !slices.Equal(got, []int32{1, -1}) {
		t.Fatalf("got %v", got)
	}
	a.Bytes[4] = 7
	if got[0] != 7 {
		t.Error("the list is a copy")
	}
	if got := Numbers[float64](f, 0, 0); len(got) != 0 {
		t.Errorf("an empty list is %v", got)
	}
	if trap := abitest.Trap(func() { Numbers[uint16](f, 1, 1) }); trap == nil || !strings.Contains(trap.Reason, "aligned") {
		t.Errorf("trap %v, want one for the alignment", trap)
	}
	if trap := abitest.Trap(func() { Numbers[uint64](f, 8, 1) }); trap == nil || !strings.Contains(trap.Reason, "bounds") {
		t.Errorf("trap %v, want one for the bounds", trap)
	}
}

// Memory that begins at an odd address cannot be viewed as numbers.
func TestNumbersOfUnalignedMemory(t *testing.T) {
	_, f := arena(t, Limits{LiftBytes: 16}, make([]byte, 65)[1:])
	want := []uint64{1, 1 << 40}
	a, f2 := arena(t, Limits{}, make([]byte, 64))
	ptr, n := NewNumbers(f2, want)
	copy(f.Area(0, 16, 1), a.Bytes[ptr:][:16])
	if got := Numbers[uint64](f, 0, n); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if trap := abitest.Trap(func() { Numbers[uint64](f, 0, n) }); trap == nil || !strings.Contains(trap.Reason, "LiftBytes") {
		t.Errorf("trap %v: copies are not charged", trap)
	}
}

// On a machine of the other byte order numbers are copied.
func TestNumbersOfOtherByteOrder(t *testing.T) {
	littleEndian = !littleEndian
	defer func() { littleEndian = !littleEndian }()
	a, f := arena(t, Limits{}, make([]byte, 64))
	ptr, n := NewNumbers(f, []uint32{0x01020304, 5})
	if got, want := a.Bytes[ptr:][:8], []byte{1, 2, 3, 4, 0, 0, 0, 5}; !slices.Equal(got, want) {
		t.Errorf("lowered as %v, want %v", got, want)
	}
	if got := Numbers[uint32](f, ptr, n); !slices.Equal(got, []uint32{0x01020304, 5}) {
		t.Errorf("lifted as %#x", got)
	}
	ptr, n = NewNumbers(f, []int8{1, -1})
	if got := Numbers[int8](f, ptr, n); !slices.Equal(got, []int8{1, -1}) {
		t.Errorf("lifted as %v", got)
	}
}

func TestMakeListCharges(t *testing.T) {
	_, f := arena(t, Limits{LiftBytes: 64}, nil)
	if got := len(MakeList[string](f, 4)); got != 4 {
		t.Errorf("a list of %d", got)
	}
	if trap := abitest.Trap(func() { MakeList[string](f, 1) }); trap == nil {
		t.Error("the limit does not hold for the sum")
	}
	f.Enter()
	if trap := abitest.Trap(func() { MakeList[[1 << 20]byte](f, 0xffffffff) }); trap == nil {
		t.Error("a list of 4 PiB is made")
	}
}

func TestScratch(t *testing.T) {
	_, f := arena(t, Limits{}, nil)
	var s Scratch[*int]
	list := s.Take(f, 8)
	if len(*list) != 8 {
		t.Fatalf("a list of %d", len(*list))
	}
	for i := range *list {
		(*list)[i] = new(int)
	}
	kept := (*list)[:8:8]
	s.Give(list)
	for i, p := range kept {
		if p != nil {
			t.Errorf("element %d is remembered", i)
		}
	}
	allocs := testing.AllocsPerRun(100, func() {
		f.Enter()
		s.Give(s.Take(f, 8))
	})
	if allocs >= 1 { // a collection empties the pool
		t.Errorf("%v allocations", allocs)
	}
}
