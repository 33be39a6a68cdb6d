package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/wasikv/wasikv/host/wasi/cli"
)

// isTerminal reports whether a stream is one.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colours reports whether a stream takes colours; see no-color.org.
func colours(stream any) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(stream)
}

// tamed gives the stream for the output of several guests: on a terminal they
// must not steer it. A single guest's output is filtered by the host.
func tamed(w io.Writer, raw bool) io.Writer {
	if raw || !isTerminal(w) {
		return w
	}
	return cli.EscapeFilter(w)
}

// printable makes text that guests have a part in harmless for a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ':
			return '␀' + r
		case 0x7f <= r && r < 0xa0:
			return utf8.RuneError
		}
		return r
	}, text)
}
