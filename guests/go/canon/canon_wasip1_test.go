package canon

// These tests are a guest, since only there an address has 32 bits:
//
//	GOOS=wasip1 GOARCH=wasm go test -count=1 -exec 'wasikv run' ./canon

import (
	"runtime"
	"testing"
	"unsafe"
)

// place plays the host: it allocates, and fills what it got with b.
func place(align, size uint32, b byte) uint32 {
	p := realloc(0, 0, align, size)
	block := held(p)
	for i := range size {
		block[i] = b
	}
	return p
}

func TestListLandsInTheAnnouncedBuffer(t *testing.T) {
	buf := make([]byte, 16)
	Land(buf)
	p := place(1, 10, 7)
	got := Bytes(p, 10)
	if &got[0] != &buf[0] || len(got) != 10 || got[9] != 7 {
		t.Errorf("the list is not at the front of the buffer: %v", got)
	}
	if len(blocks) != 0 {
		t.Errorf("%d blocks are left", len(blocks))
	}
	if p := place(1, 10, 7); p == address(buf) {
		t.Error("a buffer was used for two lists")
	} else {
		Bytes(p, 10)
	}
}

func TestListThatDoesNotFitIsPlacedElsewhere(t *testing.T) {
	buf := make([]byte, 17)
	for _, c := range []struct {
		buf         []byte
		align, size uint32
	}{{buf[:9], 1, 10}, {buf[1:], 4, 8}, {nil, 8, 100_000}} {
		Land(c.buf)
		p := place(c.align, c.size, 9)
		if p&(c.align-1) != 0 {
			t.Errorf("block at %#x is not aligned to %d", p, c.align)
		}
		runtime.GC()
		got := Bytes(p, c.size)
		if len(got) != int(c.size) || got[0] != 9 || got[c.size-1] != 9 {
			t.Errorf("a block of %d bytes came back as %d", c.size, len(got))
		}
	}
	if len(blocks) != 0 {
		t.Errorf("%d blocks are left", len(blocks))
	}
}

func TestBlocksSurviveCollectionsUntilClaimed(t *testing.T) {
	var ps []uint32
	for i := range 1000 {
		ps = append(ps, place(1, 64, byte(i)))
		if i%100 == 0 {
			runtime.GC()
		}
	}
	for i, p := range ps {
		if got := Bytes(p, 64); got[0] != byte(i) || got[63] != byte(i) {
			t.Fatalf("block %d was overwritten", i)
		}
	}
}

func TestReallocKeepsTheContent(t *testing.T) {
	buf := make([]byte, 4)
	for _, announced := range [][]byte{nil, buf} {
		Land(announced)
		p := place(1, 4, 5)
		p = realloc(p, 4, 1, 4000)
		held(p)[3999] = 6
		got := Bytes(p, 4000)
		if got[0] != 5 || got[3] != 5 || got[3999] != 6 {
			t.Errorf("content lost with announced buffer %v", announced != nil)
		}
	}
}

func TestEmptyList(t *testing.T) {
	Land(make([]byte, 8))
	p := realloc(0, 0, 8, 0)
	if p == 0 || p&7 != 0 {
		t.Errorf("an empty list was placed at %#x", p)
	}
	if got := Bytes(p, 0); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if s := String(place(1, 3, 'x'), 3); s != "xxx" {
		t.Errorf("string %q", s)
	}
}

func TestReturnedStringLivesUntilReleased(t *testing.T) {
	s := string(make([]byte, 100)) + "tail"
	want := [2]uint32{uint32(uintptr(unsafe.Pointer(unsafe.StringData(s)))), uint32(len(s))}
	area := ReturnString(s)
	runtime.GC()
	if p := uint32(uintptr(unsafe.Pointer(&returned.area))); area != p || returned.area != want || returned.text != s {
		t.Errorf("the area at %#x, expected at %#x, holds %v, want %v", area, p, returned.area, want)
	}
	Released()
	if returned.text != "" {
		t.Error("the string is still held")
	}
}
