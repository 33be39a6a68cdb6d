package main

import (
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/wasikv/wasikv/guests/go/cache"
)

// stream [BYTES] stores a large value piece by piece, reads it back the same
// way, and compares the sums.
func stream(args []string) error {
	size, err := strconv.ParseInt(argument(args, 0, "786432"), 10, 64)
	if err != nil {
		return err
	}
	const key = "large"
	sent := crc32.NewIEEE()
	body := io.TeeReader(io.LimitReader(noise{rand.NewPCG(1, 2)}, size), sent)
	if err := cache.SetFrom(key, body, cache.Forever); err != nil {
		return err
	}
	say("wrote", strconv.FormatInt(size, 10), "bytes")

	received := crc32.NewIEEE()
	n, ok, err := cache.GetTo(key, received)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("the cache has discarded the value already")
	}
	say("read", strconv.FormatInt(n, 10), "bytes, the same:", strconv.FormatBool(sent.Sum32() == received.Sum32()))
	return nil
}

// noise is an endless reader of bytes that hardly compress.
type noise struct{ source *rand.PCG }

func (n noise) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(n.source.Uint64() >> 56)
	}
	return len(p), nil
}
