package io

import (
	"bytes"
	"fmt"
	stdio "io"
	"os"
	"strings"
	"sync"
	"time"
)

// chunk is how much ReaderInput reads at a time and how much WriterOutput
// holds.
const chunk = 64 << 10

// ReaderInput is an Input over an io.Reader. While a guest waits for bytes, one
// goroutine is in Read of the reader; otherwise there is none. Readers that
// never block (those of packages bytes and strings, regular files) are read
// without.
//
// Several streams may share a ReaderInput, as the handles of one standard
// input do; each byte goes to one of them. So it does not end with a stream:
// whoever made it calls Stop, for instance by Guest.OnClose.
type ReaderInput struct {
	r      stdio.Reader
	direct bool

	mu       sync.Mutex
	buf      []byte // made by the first read; the goroutine's while reading
	data     []byte // part of buf that is not taken yet
	err      error
	reading  bool
	stopped  bool
	watchers Watchers
}

var _ Input = (*ReaderInput)(nil)

// NewReader makes an Input over r; nil is an empty one.
func NewReader(r stdio.Reader) *ReaderInput {
	if r == nil {
		r = strings.NewReader("")
	}
	return &ReaderInput{r: r, direct: neverBlocks(r)}
}

// neverBlocks knows the readers and writers that need no goroutine.
func neverBlocks(rw any) bool {
	switch f := rw.(type) {
	case *bytes.Buffer, *bytes.Reader, *strings.Reader, *strings.Builder:
		return true
	case *os.File:
		fi, err := f.Stat()
		return err == nil && fi.Mode().IsRegular()
	}
	return rw == stdio.Discard
}

// Read implements Input.
func (i *ReaderInput) Read(n int) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.data) == 0 && i.err == nil && n > 0 {
		if i.direct {
			i.data, i.err = i.draw()
		} else {
			i.start()
		}
	}
	if len(i.data) == 0 {
		return nil, i.err
	}
	n = min(n, len(i.data))
	b := i.data[:n:n]
	i.data = i.data[n:]
	return b, nil
}

// start has a goroutine read the next bytes, where there is none yet.
func (i *ReaderInput) start() {
	if i.reading || i.stopped || i.err != nil || len(i.data) != 0 {
		return
	}
	i.reading = true
	go i.fill()
}

func (i *ReaderInput) fill() {
	data, err := i.draw()
	i.mu.Lock()
	i.reading = false
	if i.stopped { // the reader is the embedder's again
		i.interrupt(time.Time{})
	} else {
		i.data, i.err = data, err
	}
	i.mu.Unlock()
	i.watchers.Wake()
}

// draw calls the reader until it gives bytes or an error. A reader that panics
// fails the stream: on a goroutine of ours it would end the process.
func (i *ReaderInput) draw() (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("the reader panicked: %v", p)
		}
	}()
	if i.buf == nil {
		i.buf = make([]byte, chunk)
	}
	for range 100 {
		if n, err := i.r.Read(i.buf); n > 0 || err != nil {
			return i.buf[:n], err
		}
	}
	return nil, stdio.ErrNoProgress
}

// Ready implements Source.
func (i *ReaderInput) Ready() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.direct || i.stopped || len(i.data) != 0 || i.err != nil
}

// Watch implements Source; it begins to read.
func (i *ReaderInput) Watch(w *Waker) {
	i.watchers.Watch(w)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.start()
}

// Unwatch implements Source.
func (i *ReaderInput) Unwatch(w *Waker) { i.watchers.Unwatch(w) }

// Stop ends the input: its streams are closed, and a Read under way is
// interrupted where the reader has SetReadDeadline. A reader without keeps its
// goroutine until Read returns.
func (i *ReaderInput) Stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stopped = true
	if i.err == nil {
		i.err = stdio.EOF
	}
	if i.reading {
		i.interrupt(time.Unix(1, 0))
	}
}

// interrupt sets the deadline of Read, for readers that can be interrupted.
func (i *ReaderInput) interrupt(deadline time.Time) {
	if d, ok := i.r.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = d.SetReadDeadline(deadline) // an error means: this one cannot
	}
}
