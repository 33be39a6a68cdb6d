package gen

import (
	"fmt"
	"strings"
)

// lines collects source text; gofmt indents it later.
type lines struct{ text []byte }

// f writes one formatted line.
func (b *lines) f(format string, args ...any) {
	b.text = fmt.Appendf(b.text, format, args...)
	b.text = append(b.text, '\n')
}

// comment writes text as a comment, a line of it a line.
func (b *lines) comment(text string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		b.f("%s", strings.TrimRight("// "+line, " \t\r"))
	}
}

// docs writes a doc comment: a lead that names the identifier, then what WIT
// says.
func (b *lines) docs(lead, text string) {
	b.comment(lead)
	if strings.TrimSpace(text) != "" {
		b.f("//")
		b.comment(text)
	}
}
