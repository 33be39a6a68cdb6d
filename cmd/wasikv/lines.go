package main

import (
	"bytes"
	"io"
	"sync"
)

// maxLine bounds what a guest can make the program hold by not ending a line.
const maxLine = 64 << 10

// lines puts the name of an instance before each line that it writes, and
// writes whole lines only, so that those of several instances do not mix.
type lines struct {
	mu     *sync.Mutex // of the terminal, or whatever the streams share
	w      io.Writer
	prefix string
	line   []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, p...)
	var out []byte
	for {
		end := bytes.IndexByte(l.line, '\n')
		if end < 0 && len(l.line) < maxLine {
			break
		}
		if end < 0 {
			end = maxLine - 1
		}
		out = append(out, l.prefix...)
		out = append(out, l.line[:end+1]...)
		if l.line[end] != '\n' {
			out = append(out, '\n')
		}
		l.line = l.line[end+1:]
	}
	if out == nil {
		return len(p), nil
	}
	if _, err := l.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes the line that was not ended.
func (l *lines) Close() error {
	l.mu.Lock()
	open := len(l.line) > 0
	l.mu.Unlock()
	if !open {
		return nil
	}
	_, err := l.Write([]byte{'\n'})
	return err
}
