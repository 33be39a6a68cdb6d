package wast

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Case is a command of a script.
type Case struct {
	Suite, File string
	Line        int
}

// String spells the case as a list of known failures does.
func (c Case) String() string { return fmt.Sprintf("%s/%s:%d", c.Suite, c.File, c.Line) }

// Known are the cases that are known to fail, with the reason for each.
type Known map[Case]string

// ReadKnown reads a list of known failures. Each line has a case and the
// reason, "SUITE/FILE:LINE REASON…"; empty lines and lines that begin with #
// are comments.
func ReadKnown(r io.Reader) (Known, error) {
	known := Known{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		place, reason, _ := strings.Cut(line, " ")
		c, ok := parseCase(place)
		reason = strings.TrimSpace(reason)
		if !ok || reason == "" {
			return nil, fmt.Errorf("known failures, line %d: %q is not SUITE/FILE:LINE REASON", n, line)
		}
		if _, twice := known[c]; twice {
			return nil, fmt.Errorf("known failures, line %d: %v is listed twice", n, c)
		}
		known[c] = reason
	}
	return known, lines.Err()
}

func parseCase(s string) (c Case, ok bool) {
	suite, rest, ok := strings.Cut(s, "/")
	colon := strings.LastIndexByte(rest, ':')
	if !ok || colon < 0 {
		return c, false
	}
	line, err := strconv.Atoi(rest[colon+1:])
	return Case{suite, rest[:colon], line}, err == nil
}
