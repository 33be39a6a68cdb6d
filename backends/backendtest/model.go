package backendtest

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/backends"
)

// testModel does the same to the driver and to a map, step by step, and compares.
func testModel(t *testing.T, h *harness) {
	type place struct{ namespace, key string }
	namespaces := rapid.SampledFrom([]string{"a", "a:", "t*", "t1", ""})
	keys := rapid.SampledFrom([]string{"", "k", ":k", "{k}", "\x00", "*", "1", "long key with spaces"})
	values := rapid.SliceOfN(rapid.Byte(), 0, 40)
	run := 0

	rapid.Check(t, func(t *rapid.T) {
		run++
		model := map[place][]byte{}
		// Runs share a store: each begins with what a driver calls empty.
		for _, namespace := range []string{"a", "a:", "t*", "t1", ""} {
			if err := h.Store.Clear(h.ctx, namespace); err != nil {
				t.Fatal(err)
			}
		}
		draw := func(t *rapid.T) place {
			return place{namespaces.Draw(t, "namespace"), keys.Draw(t, "key")}
		}
		check := func(t *rapid.T, p place) {
			value, ok, err := h.Store.Get(h.ctx, p.namespace, p.key)
			want, present := model[p]
			if err != nil || ok != present || !bytes.Equal(value, want) {
				t.Fatalf("get %+v: %x, %t, %v; want %x, %t", p, value, ok, err, want, present)
			}
		}
		actions := map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				p, value := draw(t), values.Draw(t, "value")
				ttl := rapid.SampledFrom([]time.Duration{0, time.Hour, 30 * 24 * time.Hour}).Draw(t, "ttl")
				if err := h.Store.Set(h.ctx, p.namespace, p.key, value, ttl); err != nil {
					t.Fatal(err)
				}
				model[p] = bytes.Clone(value)
			},
			"delete": func(t *rapid.T) {
				p := draw(t)
				if err := h.Store.Delete(h.ctx, p.namespace, p.key); err != nil {
					t.Fatal(err)
				}
				delete(model, p)
			},
			"clear": func(t *rapid.T) {
				namespace := namespaces.Draw(t, "namespace")
				if err := h.Store.Clear(h.ctx, namespace); err != nil {
					t.Fatal(err)
				}
				for p := range model {
					if p.namespace == namespace {
						delete(model, p)
					}
				}
			},
			"get": func(t *rapid.T) { check(t, draw(t)) },
			"": func(t *rapid.T) {
				for p := range model {
					check(t, p)
				}
			},
		}
		if creator, able := h.Store.(backends.Creator); able {
			actions["set if absent"] = func(t *rapid.T) {
				p, value := draw(t), values.Draw(t, "value")
				stored, err := creator.SetIfAbsent(h.ctx, p.namespace, p.key, value, 0)
				if _, present := model[p]; err != nil || stored == present {
					t.Fatalf("set if absent %+v: %t, %v; present: %t", p, stored, err, present)
				}
				if stored {
					model[p] = bytes.Clone(value)
				}
			}
		}
		if exister, able := h.Store.(backends.Exister); able {
			actions["exists"] = func(t *rapid.T) {
				p := draw(t)
				got, err := exister.Exists(h.ctx, p.namespace, p.key)
				if _, present := model[p]; err != nil || got != present {
					t.Fatalf("exists %+v: %t, %v; present: %t", p, got, err, present)
				}
			}
		}
		t.Repeat(actions)
	})
	if run == 0 {
		t.Error("the model was never run")
	}
}
