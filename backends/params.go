package backends

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Params are the options in a URL's query. Whoever reads an option declares it by doing so; Err
// then reports the options nobody declared and the values that made no sense. A Params is used by
// one goroutine.
type Params struct {
	values   url.Values
	declared []string
	errs     []error
}

func newParams(rawQuery string) (*Params, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, errors.New("the URL's options are malformed; they read ?name=value&name=value, percent-encoded")
	}
	return &Params{values: values}, nil
}

// lookup declares name and returns its value.
func (p *Params) lookup(name string) (string, bool) {
	if !slices.Contains(p.declared, name) {
		p.declared = append(p.declared, name)
	}
	given := p.values[name]
	switch len(given) {
	case 0:
		return "", false
	case 1:
		return given[0], true
	default:
		p.errs = append(p.errs, fmt.Errorf("option %s is given %d times", name, len(given)))
		return "", false
	}
}

func (p *Params) bad(name, value, want string) {
	p.errs = append(p.errs, fmt.Errorf("option %s: %q is not %s", name, value, want))
}

// String returns the option's text, or def if it is not given.
func (p *Params) String(name, def string) string {
	if value, ok := p.lookup(name); ok {
		return value
	}
	return def
}

// Int returns the option as a whole number of at least least, or def if it is not given.
func (p *Params) Int(name string, def, least int) int {
	value, ok := p.lookup(name)
	if !ok {
		return def
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		p.bad(name, value, fmt.Sprintf("a whole number of at least %d", least))
		return def
	}
	return n
}

// Duration returns the option as a positive duration such as 250ms or 30s, or def if it is not
// given.
func (p *Params) Duration(name string, def time.Duration) time.Duration {
	value, ok := p.lookup(name)
	if !ok {
		return def
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		p.bad(name, value, "a positive duration such as 250ms or 30s")
		return def
	}
	return d
}

// Bytes returns the option as a positive number of bytes such as 4096, 512KiB or 64MiB, or def if
// it is not given.
func (p *Params) Bytes(name string, def uint64) uint64 {
	value, ok := p.lookup(name)
	if !ok {
		return def
	}
	n, ok := parseBytes(value)
	if !ok {
		p.bad(name, value, "a positive size such as 4096, 512KiB or 64MiB")
		return def
	}
	return n
}

// IntBytes is Bytes for a size that fits in an int.
func (p *Params) IntBytes(name string, def int) int {
	n := p.Bytes(name, uint64(def))
	if n > math.MaxInt {
		p.errs = append(p.errs, fmt.Errorf("option %s is out of range", name))
		return def
	}
	return int(n)
}

// Err returns what is wrong with the options, naming the unknown ones and those that are known.
func (p *Params) Err() error {
	errs := slices.Clone(p.errs)
	var unknown []string
	for name := range p.values {
		if !slices.Contains(p.declared, name) {
			unknown = append(unknown, strconv.Quote(name))
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		known := slices.Sorted(slices.Values(p.declared))
		errs = append(errs, fmt.Errorf("unknown option %s; accepted are %s",
			strings.Join(unknown, ", "), strings.Join(known, ", ")))
	}
	if len(errs) == 0 {
		return nil
	}
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// byteUnits are tried in order, so that a unit precedes those it ends with.
var byteUnits = []struct {
	suffix string
	bytes  uint64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
	{"B", 1}, {"", 1},
}

func parseBytes(text string) (uint64, bool) {
	for _, unit := range byteUnits {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || n == 0 || n > math.MaxUint64/unit.bytes {
			return 0, false
		}
		return n * unit.bytes, true
	}
	return 0, false
}
