package cache

import "testing"

func TestAreaReadsLittleEndian(t *testing.T) {
	a := area{0x8877665544332211, 0xffeeddccbbaa9900}
	if got := a.u8(0); got != 0x11 {
		t.Errorf("byte at 0 is %#x", got)
	}
	if got := a.u8(4); got != 0x55 {
		t.Errorf("byte at 4 is %#x", got)
	}
	if got := a.u8(8); got != 0x00 {
		t.Errorf("byte at 8 is %#x", got)
	}
	if got := a.u32(4); got != 0x88776655 {
		t.Errorf("word at 4 is %#x", got)
	}
	if got := a.u32(12); got != 0xffeeddcc {
		t.Errorf("word at 12 is %#x", got)
	}
	if got := a.u64(8); got != 0xffeeddccbbaa9900 {
		t.Errorf("double word at 8 is %#x", got)
	}
}
