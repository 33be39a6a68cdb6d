package main

import (
	"time"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// ttl shows how long entries are served.
func ttl([]string) error {
	const key = "soup of the day"
	value := []byte("tomato")
	shows := []struct {
		title string
		ttl   cache.TTL
		wait  time.Duration
	}{
		{"300 ms, at once:", cache.For(300 * time.Millisecond), 0},
		{"300 ms, after 500 ms:", cache.For(300 * time.Millisecond), 500 * time.Millisecond},
		{"forever, after 500 ms:", cache.Forever, 500 * time.Millisecond},
		{"0 ms, at once:", cache.For(0), 0},
	}
	for _, s := range shows {
		if err := cache.Set(key, value, s.ttl); err != nil {
			return err
		}
		time.Sleep(s.wait)
		got, err := text(cache.Get(key))
		if err != nil {
			return err
		}
		say(s.title, got)
	}
	return nil
}
