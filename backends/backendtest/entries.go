package backendtest

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/wasikv/wasikv/backends"
)

// allBytes has every byte value, in an order that repeats at no power of two.
func allBytes(size int) []byte {
	value := make([]byte, size)
	for i := range value {
		value[i] = byte(i*7 + i>>8)
	}
	return value
}

func testValues(t *testing.T, h *harness) {
	h.wantMiss(t, "ns", "k")
	for _, size := range []int{0, 1, 255, 256, 4095, 4096, 4097, 65536, 1 << 20} {
		value := allBytes(size)
		h.set(t, "ns", "k", value, 0)
		h.wantHit(t, "ns", "k", value)
	}
	// An empty value is a value, also over another one, and nil is empty.
	h.set(t, "ns", "k", []byte{}, 0)
	h.wantHit(t, "ns", "k", nil)
	h.set(t, "ns", "nil", nil, 0)
	h.wantHit(t, "ns", "nil", []byte{})
}

func testValueAliasing(t *testing.T, h *harness) {
	value := []byte("before")
	h.set(t, "ns", "k", value, 0)
	copy(value, "AFTER!")
	h.wantHit(t, "ns", "k", []byte("before"))

	// What a Get returned is a snapshot, whatever happens to the entry.
	got, _ := h.get(t, "ns", "k")
	h.set(t, "ns", "k", []byte("second"), 0)
	if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	if string(got) != "before" {
		t.Errorf("a value changed after it was returned: %q", got)
	}
	if grown := append(got, "more"...); len(got) > 0 && cap(got) > len(got) && &grown[0] == &got[0] {
		t.Errorf("a value was returned with %d bytes of room behind it, which an append would write to", cap(got)-len(got))
	}
}

// edgeKeys are keys that drivers tend to confuse or refuse.
func edgeKeys() []string {
	keys := []string{
		"", " ", "\x00", "\x00\x00", "a\x00b", "a", "A", "a ", " a",
		"é", "e\u0301", // the same letter, composed and not
		"\U0001F511", "日本語", "\u202e", "\uFEFF",
		"{", "}", "{}", "{a}b", "{a}c", "a{b}", "{{a}}", ":", "a:b", "a::b", "a:b:c",
		"\n", "\r\n", "a\nb", "*", "?", "[a]", "[^a]", `\`, `\*`, `"`, "'", "%00", "$6\r\nfoobar\r\n",
		"-ERR", "+OK", "../a", "/", ".", "..", "a/b", "a.b", ">", "a.>", "_", "-",
		strings.Repeat("k", 255), strings.Repeat("k", 256), strings.Repeat("k", 1023), strings.Repeat("k", 1024),
		strings.Repeat("\U0001F511", 256),
		"\xff\xfe", "\xc3", "a\xffb", // not UTF-8
	}
	for b := range 32 {
		keys = append(keys, "control"+string(rune(b)))
	}
	return keys
}

func testKeys(t *testing.T, h *harness) {
	keys := edgeKeys()
	for i, key := range keys {
		h.set(t, "ns", key, fmt.Appendf(nil, "value %d", i), 0)
	}
	for i, key := range keys {
		h.wantHit(t, "ns", key, fmt.Appendf(nil, "value %d", i))
	}
	for i, key := range keys {
		if err := h.Store.Delete(h.ctx, "ns", key); err != nil {
			t.Fatal(err)
		}
		h.wantMiss(t, "ns", key)
		if next := i + 1; next < len(keys) {
			h.wantHit(t, "ns", keys[next], fmt.Appendf(nil, "value %d", next))
		}
	}
}

// testKeyAliasing reuses the memory keys were in, as hosts reuse that of guests.
func testKeyAliasing(t *testing.T, h *harness) {
	key := make([]byte, 1)
	for b := range 200 {
		key[0] = byte(b)
		h.set(t, "ns", viewOf(key), []byte{byte(b)}, 0)
	}
	for b := range 200 {
		h.wantHit(t, "ns", string([]byte{byte(b)}), []byte{byte(b)})
	}
}

func testNamespaces(t *testing.T, h *harness) {
	namespaces := []string{
		"", "a", "a:b", "a:b:c", "A", "t", "t*", "t1", "t?", "t[1]", "[t]1", "*", "?", "\\", "{t}", "{t", "t}",
		"t ", "\x00", "t\x00", "t\n", "é", "e\u0301", "a.b", "a.>", "a/../b", strings.Repeat("n", 512),
	}
	keys := []string{"", "k", "b:c", "c", "b:", ":", "1", "*"}
	value := func(namespace, key string) []byte { return fmt.Appendf(nil, "%q %q", namespace, key) }
	each := func(f func(namespace, key string)) {
		for _, namespace := range namespaces {
			for _, key := range keys {
				f(namespace, key)
			}
		}
	}
	each(func(namespace, key string) { h.set(t, namespace, key, value(namespace, key), 0) })
	each(func(namespace, key string) { h.wantHit(t, namespace, key, value(namespace, key)) })

	// Deleting and clearing in one leaves the others alone, also where its name is a pattern.
	for _, namespace := range []string{"a", "t*", "*", ""} {
		if err := h.Store.Clear(h.ctx, namespace); err != nil {
			t.Fatal(err)
		}
		each(func(other, key string) {
			if other == namespace {
				h.wantMiss(t, other, key)
			} else {
				h.wantHit(t, other, key, value(other, key))
			}
		})
		for _, key := range keys {
			h.set(t, namespace, key, value(namespace, key), 0)
		}
	}
	if err := h.Store.Delete(h.ctx, "a", "b:c"); err != nil {
		t.Fatal(err)
	}
	each(func(namespace, key string) {
		if namespace == "a" && key == "b:c" {
			h.wantMiss(t, namespace, key)
		} else {
			h.wantHit(t, namespace, key, value(namespace, key))
		}
	})
}

func testDelete(t *testing.T, h *harness) {
	for _, state := range []string{"absent", "never there", "gone already"} {
		if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
			t.Errorf("deleting an entry that is %s: %v", state, err)
		}
	}
	h.set(t, "ns", "k", []byte("v"), 0)
	if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	h.wantMiss(t, "ns", "k")
	h.set(t, "ns", "k", []byte("w"), 0)
	h.wantHit(t, "ns", "k", []byte("w"))
}

func testExists(t *testing.T, h *harness) {
	exister, able := h.Store.(backends.Exister)
	if !able {
		t.Skip("the driver is no Exister")
	}
	want := func(want bool) {
		t.Helper()
		got, err := exister.Exists(h.ctx, "ns", "k")
		if err != nil || got != want {
			t.Fatalf("exists: %t, %v; want %t", got, err, want)
		}
	}
	want(false)
	h.set(t, "ns", "k", nil, 0)
	want(true) // an empty value is one
	h.set(t, "ns", "k", allBytes(1<<20), 0)
	want(true)
	if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	want(false)
	h.set(t, "ns", "k", []byte("v"), 0)
	if err := h.Store.Clear(h.ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	want(false)
	h.wantExpiry(t, "exists", func() bool {
		ok, err := exister.Exists(h.ctx, "ns", "k")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	})
}

func testSetIfAbsent(t *testing.T, h *harness) {
	creator, able := h.Store.(backends.Creator)
	if !able {
		t.Skip("the driver is no Creator")
	}
	create := func(value string, want bool) {
		t.Helper()
		got, err := creator.SetIfAbsent(h.ctx, "ns", "k", []byte(value), 0)
		if err != nil || got != want {
			t.Fatalf("set if absent: %t, %v; want %t", got, err, want)
		}
	}
	create("first", true)
	create("second", false)
	h.wantHit(t, "ns", "k", []byte("first"))
	if err := h.Store.Delete(h.ctx, "ns", "k"); err != nil {
		t.Fatal(err)
	}
	create("third", true)
	if err := h.Store.Clear(h.ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	create("", true)
	create("fifth", false) // an empty value is one
	h.wantHit(t, "ns", "k", nil)
	_, err := creator.SetIfAbsent(h.ctx, "ns", "negative", nil, -1)
	wantError(t, "set if absent, negative ttl", err, backends.ErrInvalidTTL)

	// Of many at once, one succeeds, and its value is there.
	const callers = 16
	winners := make(chan string, callers)
	inParallel(callers, func(i int) {
		value := fmt.Sprint("caller ", i)
		stored, err := creator.SetIfAbsent(h.ctx, "ns", "race", []byte(value), 0)
		if err != nil {
			t.Error(err)
		}
		if stored {
			winners <- value
		}
	})
	close(winners)
	var won []string
	for w := range winners {
		won = append(won, w)
	}
	if len(won) != 1 {
		t.Fatalf("%d of %d stored a value, want one", len(won), callers)
	}
	h.wantHit(t, "ns", "race", []byte(won[0]))
}

func testTable(t *testing.T, h *harness) {
	immediate, able := h.Store.(backends.Immediate)
	if !able {
		t.Skip("the driver is not Immediate")
	}
	table, ok := immediate.Table("ns")
	if !ok {
		t.Skip("this instance is not immediate")
	}
	if _, ok := table.Get("k"); ok {
		t.Fatal("an empty table has an entry")
	}
	// The key is cloned: the memory it was in may be used again.
	key := []byte("key")
	if err := table.Set(viewOf(key), []byte("value"), 0); err != nil {
		t.Fatal(err)
	}
	copy(key, "xxx")
	if value, ok := table.Get("key"); !ok || string(value) != "value" {
		t.Errorf("get: %q, %t", value, ok)
	}
	if _, ok := table.Get("xxx"); ok {
		t.Error("the table kept a view of the key")
	}
	// It is the same entry from both sides.
	h.wantHit(t, "ns", "key", []byte("value"))
	h.set(t, "ns", "key", []byte("other"), 0)
	if value, ok := table.Get("key"); !ok || string(value) != "other" {
		t.Errorf("get after CacheStore.Set: %q, %t", value, ok)
	}
	if !table.Delete("key") || table.Delete("key") {
		t.Error("delete does not tell whether there was an entry")
	}
	h.wantMiss(t, "ns", "key")
	wantError(t, "negative ttl", table.Set("k", nil, -1), backends.ErrInvalidTTL)

	// The table outlives a clear.
	if err := table.Set("k", []byte("v"), 0); err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Clear(h.ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	if _, ok := table.Get("k"); ok {
		t.Error("an entry survived a clear")
	}
	if err := table.Set("k", []byte("w"), 0); err != nil {
		t.Fatal(err)
	}
	h.wantHit(t, "ns", "k", []byte("w"))
}

func testClear(t *testing.T, h *harness) {
	clearNow := func() {
		t.Helper()
		if err := h.Store.Clear(h.ctx, "ns"); err != nil {
			t.Fatal(err)
		}
	}
	clearNow() // an empty namespace
	const entries = 2000
	for round := range 3 {
		for i := range entries {
			h.set(t, "ns", fmt.Sprint(i), fmt.Appendf(nil, "%d %d", round, i), 0)
		}
		h.set(t, "other", "k", []byte("v"), 0)
		clearNow()
		for i := range entries {
			h.wantMiss(t, "ns", fmt.Sprint(i))
		}
		h.wantHit(t, "other", "k", []byte("v"))
		// What is stored right after stays, also while the driver still tidies up.
		h.set(t, "ns", "0", []byte("again"), 0)
		h.wantCount(t, "ns", 1)
		h.wantHit(t, "ns", "0", []byte("again"))
	}
}

func testClearDuringWrites(t *testing.T, h *harness) {
	const writers, rounds = 4, 50
	stop := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		inParallel(writers, func(w int) {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := h.Store.Set(h.ctx, "ns", fmt.Sprint(w, i%100), allBytes(64), 0); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}()
	for range rounds {
		if err := h.Store.Clear(h.ctx, "ns"); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	<-finished
	if err := h.Store.Clear(h.ctx, "ns"); err != nil {
		t.Fatal(err)
	}
	for w := range writers {
		for i := range 100 {
			h.wantMiss(t, "ns", fmt.Sprint(w, i))
		}
	}
	h.wantCount(t, "ns", 0)
}

// wantCount checks EntryCount, after some time if the driver is not exact.
func (h *harness) wantCount(t *testing.T, namespace string, want uint64) {
	t.Helper()
	count := func() uint64 {
		got, err := h.Store.EntryCount(h.ctx, namespace)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if h.ExactCount {
		if got := count(); got != want {
			t.Fatalf("entry count of %q: %d, want %d", namespace, got, want)
		}
		return
	}
	eventually(t, fmt.Sprintf("the entry count of %q is %d", namespace, want), func() bool { return count() == want })
}

func testEntryCount(t *testing.T, h *harness) {
	h.wantCount(t, "ns", 0)
	const entries = 300
	for i := range entries {
		h.set(t, "ns", fmt.Sprint(i), nil, 0)
		h.set(t, "ns*", fmt.Sprint(i), nil, 0)
	}
	h.set(t, "ns", "0", []byte("again"), 0) // an overwrite adds none
	h.wantCount(t, "ns", entries)
	for i := range entries / 2 {
		if err := h.Store.Delete(h.ctx, "ns", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	h.wantCount(t, "ns", entries/2)
	h.wantCount(t, "ns*", entries)
	h.wantCount(t, "n", 0)
	h.set(t, "ns", "expiring", nil, shortTTL)
	h.wantCount(t, "ns", entries/2+1)
	eventually(t, "the entry expires", func() bool { _, ok := h.get(t, "ns", "expiring"); return !ok })
	h.wantCount(t, "ns", entries/2)
}

// viewOf returns a string in the same memory as b, as hosts make them of guests' memory.
func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
