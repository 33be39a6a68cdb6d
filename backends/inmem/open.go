package inmem

import (
	"context"
	"errors"
	"net/url"

	"github.com/wasikv/wasikv/backends"
)

func init() { backends.Register("mem", open) }

func open(_ context.Context, u *url.URL, p *backends.Params) (backends.CacheStore, error) {
	if u.Opaque != "" || u.Host != "" || u.User != nil || (u.Path != "" && u.Path != "/") {
		return nil, errors.New("a mem URL has options only, as in mem:?max-bytes=64MiB")
	}
	o := Options{
		MaxBytes: p.Bytes("max-bytes", DefaultMaxBytes),
		Latency:  p.Duration("latency", 0),
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return New(o), nil
}
