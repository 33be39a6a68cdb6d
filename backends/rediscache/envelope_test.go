package rediscache

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wasikv/wasikv/backends"
)

// FuzzOpen feeds open what a server may answer. Only what seal made for the same namespace and key
// comes back as a value, and whole.
func FuzzOpen(f *testing.F) {
	s := newSpace("app", "tenant")
	k := s.key("k")
	f.Add([]byte{})
	f.Add([]byte("just text"))
	f.Add(make([]byte, headerBytes))
	f.Add(s.seal(k, []byte("value"), 0))
	f.Add(s.seal(s.key("other"), []byte("value"), time.Minute))
	f.Add(newSpace("app", "other").seal(newSpace("app", "other").key("k"), nil, 0))
	f.Fuzz(func(t *testing.T, reply []byte) {
		s := newSpace("app", "tenant")
		value, ok, err := s.open(k, reply, nil)
		mine := len(reply) >= headerBytes && reply[0] == envelopeFormat && bytes.Equal(reply[ownerAt:headerBytes], k.owner[:])
		switch {
		case err != nil && (!errors.Is(err, backends.ErrForeignValue) || ok || value != nil):
			t.Fatalf("%x: %q, %t, %v", reply, value, ok, err)
		case mine != (err == nil):
			t.Fatalf("%x: %v; of this key: %t", reply, err, mine)
		case ok && !bytes.Equal(value, reply[headerBytes:]):
			t.Fatalf("%x: %x", reply, value)
		}
	})
}

func TestSealAndOpen(t *testing.T) {
	s := newSpace("app", "tenant")
	k := s.key("k")
	for _, want := range [][]byte{nil, {}, []byte("value"), make([]byte, 1<<20)} {
		if got, ok, err := s.open(k, s.seal(k, want, time.Minute), nil); !ok || err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %t, %v", len(want), ok, err)
		}
	}
	if _, ok, err := s.open(k, nil, redis.Nil); ok || err != nil {
		t.Errorf("an absent entry: %t, %v", ok, err)
	}
	sealed := s.seal(k, nil, 0)
	s.advance(1)
	if _, ok, err := s.open(k, sealed, nil); ok || err != nil {
		t.Errorf("a cleared entry: %t, %v", ok, err)
	}
	s.advance(0) // never back
	if _, ok, err := s.open(k, sealed, nil); ok || err != nil {
		t.Errorf("a cleared entry: %t, %v", ok, err)
	}
	// Scripts' replies of another shape are refused.
	for _, reply := range [][]any{nil, {"x"}, {nil, "x"}, {int64(1), "2"}, {"text", int64(1)}} {
		if item, err := s.openItem(k, reply, time.Now()); !errors.Is(err, backends.ErrForeignValue) || item.Found {
			t.Errorf("%v: %+v, %v", reply, item, err)
		}
	}
	if item, err := s.openItem(k, []any{nil, int64(-2)}, time.Now()); item.Found || err != nil {
		t.Errorf("an absent entry: %+v, %v", item, err)
	}
	fresh := string(s.seal(k, []byte("v"), time.Minute))
	if item, err := s.openItem(k, []any{fresh, int64(5)}, time.Now().Add(-6*time.Millisecond)); item.Found || err != nil {
		t.Errorf("an entry that expired on the way: %+v, %v", item, err)
	}
}
