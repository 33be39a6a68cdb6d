package cursor

import (
	"errors"
	"strings"
	"testing"
)

// read runs a decoder over bytes at offset 100.
func read(b []byte, decode func(*Cursor)) (err error) {
	defer Catch(&err)
	decode(New(b, 100))
	return nil
}

func TestU32(t *testing.T) {
	for _, test := range []struct {
		in   string
		want uint32
		why  string // of failure
	}{
		{"\x00", 0, ""},
		{"\x7f", 127, ""},
		{"\x80\x01", 128, ""},
		{"\x80\x80\x80\x80\x00", 0, ""}, // padded
		{"\xff\xff\xff\xff\x0f", 1<<32 - 1, ""},
		{"\xff\xff\xff\xff\x1f", 0, "does not fit in 32 bits"},
		{"\x80\x80\x80\x80\x80\x00", 0, "longer than 32 bits"},
		{"\x80", 0, "unexpected end"},
		{"", 0, "unexpected end"},
	} {
		var got uint32
		err := read([]byte(test.in), func(c *Cursor) { got = c.U32() })
		check(t, test.in, err, test.why)
		if err == nil && got != test.want {
			t.Errorf("U32(% x) = %d, want %d", test.in, got, test.want)
		}
	}
}

func TestS33(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int64
		why  string
	}{
		{"\x00", 0, ""},
		{"\x3f", 63, ""},
		{"\x40", -64, ""},
		{"\x7f", -1, ""},
		{"\xff\x00", 127, ""},
		{"\xff\x7f", -1, ""}, // padded
		{"\xff\xff\xff\xff\x0f", 1<<32 - 1, ""},
		{"\x80\x80\x80\x80\x70", -1 << 32, ""},
		{"\xff\xff\xff\xff\x1f", 0, "does not fit in 33 bits"},
		{"\x80\x80\x80\x80\x60", 0, "does not fit in 33 bits"},
		{"\x80\x80\x80\x80\x80\x00", 0, "longer than 33 bits"},
	} {
		var got int64
		err := read([]byte(test.in), func(c *Cursor) { got = c.S33() })
		check(t, test.in, err, test.why)
		if err == nil && got != test.want {
			t.Errorf("S33(% x) = %d, want %d", test.in, got, test.want)
		}
	}
}

func check(t *testing.T, in string, err error, why string) {
	t.Helper()
	var e *Error
	switch {
	case why == "" && err != nil:
		t.Errorf("% x: %v", in, err)
	case why != "" && (!errors.As(err, &e) || !strings.Contains(e.Reason, why)):
		t.Errorf("% x: %v, want an *Error with %q", in, err, why)
	}
}

func TestNarrow(t *testing.T) {
	err := read([]byte{1, 2, 3}, func(c *Cursor) {
		outer := c.Narrow(2)
		c.Byte()
		c.Byte()
		c.Widen(outer)
		if c.Len() != 1 || c.Pos() != 102 || c.Peek() != 3 {
			t.Errorf("after the part: %d left at %d", c.Len(), c.Pos())
		}
		c.Narrow(1)
		c.Bytes(2)
	})
	var e *Error
	if !errors.As(err, &e) || e.Offset != 103 {
		t.Errorf("reading past a part: %v, want an error at offset 103", err)
	}
}

// Only the package's own panics become errors.
func TestCatchLetsOthersThrough(t *testing.T) {
	defer func() {
		if r := recover(); r != "a bug" {
			t.Errorf("recovered %v", r)
		}
	}()
	_ = read(nil, func(*Cursor) { panic("a bug") })
}

func TestErrorText(t *testing.T) {
	item := func() string { return "import 2" }
	for _, test := range []struct {
		decode func(*Cursor)
		want   string
	}{
		{func(c *Cursor) { c.Fail(7, "%d is wrong", 5) }, "import 2: 5 is wrong (at offset 0x7)"},
		{func(c *Cursor) { c.Refuse(8, Feature{"a thing", Release03}) }, "import 2: a thing: a component-model 0.3 feature; this host runs 0.2 components (at offset 0x8)"},
	} {
		err := read(nil, func(c *Cursor) {
			c.Item = item
			test.decode(c)
		})
		if err == nil || err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}
