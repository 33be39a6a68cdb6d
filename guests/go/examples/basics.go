package main

import (
	"errors"
	"strconv"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// basics walks through set, get, exists and delete, and shows what an error
// looks like.
func basics([]string) error {
	const key = "drink:1"
	steps := []struct {
		title string
		do    func() (string, error)
	}{
		{"exists before set:", func() (string, error) { return yesNo(cache.Exists(key)) }},
		{"get before set:", func() (string, error) { return text(cache.Get(key)) }},
		{"set:", func() (string, error) { return "ok", cache.Set(key, []byte("flat white"), cache.Forever) }},
		{"exists after set:", func() (string, error) { return yesNo(cache.Exists(key)) }},
		{"get after set:", func() (string, error) { return text(cache.Get(key)) }},
		{"delete:", func() (string, error) { return "ok", cache.Delete(key) }},
		{"delete again:", func() (string, error) { return "ok", cache.Delete(key) }},
		{"get after delete:", func() (string, error) { return text(cache.Get(key)) }},
		{"set empty:", func() (string, error) { return "ok", cache.Set(key, nil, cache.Forever) }},
		{"get empty:", func() (string, error) { return text(cache.Get(key)) }},
	}
	for _, s := range steps {
		got, err := s.do()
		if err != nil {
			return err
		}
		say(s.title, got)
	}
	return secondConsume(key)
}

// secondConsume reads one value twice, which the interface answers with an
// error: the package turns it into an *Error with the host's trace.
func secondConsume(key string) error {
	v, err := cache.StartGet(key).Wait()
	if err != nil {
		return err
	}
	defer v.Drop()
	if _, err := v.ConsumeSync(); err != nil {
		return err
	}
	_, err = v.ConsumeSync()
	var e *cache.Error
	if !errors.As(err, &e) || e.Trace == "" {
		return errors.New("the second consume should have failed with a trace")
	}
	say("second consume:", e.Trace)
	return nil
}

func yesNo(b bool, err error) (string, error) { return strconv.FormatBool(b), err }

func text(value []byte, ok bool, err error) (string, error) {
	if !ok {
		return "absent", err
	}
	return strconv.Quote(string(value)), err
}
