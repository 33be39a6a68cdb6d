// Coremodule copies a core WebAssembly module from stdin to stdout and makes it
// fit for what comes next in a recipe.
//
// It renames the second and later imports of one name: (module, name) becomes
// (module, name~1), and so on. Mainline Go imports fd_write from two packages,
// which the core specification permits and component encoders refuse.
//
// With -drop PREFIX it also leaves out the custom sections whose name begins so.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

const magic = "\x00asm\x01\x00\x00\x00"

// The sections that the program looks into.
const (
	customSection = 0
	importSection = 2
)

func main() {
	drop := flag.String("drop", "", "leave out custom sections whose name begins with `prefix`")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *drop); err != nil {
		fmt.Fprintln(os.Stderr, "coremodule:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, drop string) error {
	module, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	edited, err := edit(module, drop)
	if err != nil {
		return err
	}
	_, err = out.Write(edited)
	return err
}

// edit gives the module with unique imports and without the custom sections that
// begin with drop, unless that is empty; all else is copied as it is.
func edit(module []byte, drop string) ([]byte, error) {
	if !bytes.HasPrefix(module, []byte(magic)) {
		return nil, errors.New("stdin is not a core WebAssembly module")
	}
	out := []byte(magic)
	r := &reader{rest: module[len(magic):]}
	for len(r.rest) > 0 && r.err == nil {
		id := r.bytes(1)
		body := r.bytes(r.u32())
		if r.err != nil {
			break
		}
		switch id[0] {
		case customSection:
			name := (&reader{rest: body}).name()
			if drop != "" && strings.HasPrefix(name, drop) {
				continue
			}
		case importSection:
			body, r.err = uniqueImports(body)
		}
		out = append(out, id[0])
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, r.err
}

func uniqueImports(section []byte) ([]byte, error) {
	type key struct{ module, name string }
	seen := map[key]int{}
	r := &reader{rest: section}
	n := r.u32()
	out := binary.AppendUvarint(nil, n)
	for ; n > 0 && r.err == nil; n-- {
		k := key{r.name(), r.name()}
		unique := k.name
		if again := seen[k]; again > 0 {
			unique = fmt.Sprintf("%s~%d", k.name, again)
		}
		seen[k]++
		for _, s := range []string{k.module, unique} {
			out = binary.AppendUvarint(out, uint64(len(s)))
			out = append(out, s...)
		}
		out = append(out, r.description()...)
	}
	return out, r.err
}

// reader cuts a byte slice into pieces; after an error it gives empty ones.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.err = errors.New("the module is cut short")
		r.rest = nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u32() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		n = len(r.rest) + 1
	}
	r.bytes(uint64(n))
	return v
}

func (r *reader) name() string { return string(r.bytes(r.u32())) }

// description gives the bytes that say what is imported.
func (r *reader) description() []byte {
	start := r.rest
	kind := r.bytes(1)
	if r.err != nil {
		return nil
	}
	limits := func() {
		bounded := r.u32()&1 != 0
		r.u32()
		if bounded {
			r.u32()
		}
	}
	switch kind[0] {
	case 0: // function: its type
		r.u32()
	case 1: // table: element type, limits
		r.bytes(1)
		limits()
	case 2: // memory
		limits()
	case 3: // global: type, mutability
		r.bytes(2)
	case 4: // tag: attribute, type
		r.bytes(1)
		r.u32()
	default:
		r.err = fmt.Errorf("import of unknown kind %d", kind[0])
	}
	return start[:len(start)-len(r.rest)]
}
