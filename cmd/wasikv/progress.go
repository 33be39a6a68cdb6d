package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// slow is how long something may take before the user is told of it.
const slow = 400 * time.Millisecond

// progress shows that something long is under way, on a terminal only.
type progress struct {
	w  io.Writer
	on bool
}

func (p *program) progress(quiet bool) *progress {
	return &progress{w: p.stderr, on: !quiet && isTerminal(p.stderr)}
}

// during shows label while f runs, once f takes long, and leaves no trace.
func (p *progress) during(label string, f func() error) error {
	if !p.on {
		return f()
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		p.show(label, end)
	}()
	err := f()
	close(end)
	<-ended
	return err
}

func (p *progress) show(label string, end <-chan struct{}) {
	start := time.Now()
	next := time.NewTimer(slow)
	defer next.Stop()
	width := 0
	for {
		select {
		case <-end:
			if width > 0 {
				fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", width))
			}
			return
		case <-next.C:
			text := fmt.Sprintf("wasikv: %s, %v", label, time.Since(start).Round(time.Second/10))
			width = max(width, len(text))
			fmt.Fprintf(p.w, "\r%-*s", width, text)
			next.Reset(time.Second / 4)
		}
	}
}
