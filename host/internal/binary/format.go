package binary

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// The first 8 bytes: magic, version, layer.
const (
	magic          = "\x00asm"
	coreVersion    = "\x01\x00\x00\x00"
	componentLayer = "\x01\x00"
	version        = "\x0d\x00"
	preambleSize   = 8
)

// IsCoreModule reports whether a file begins as a core WebAssembly module
// does.
func IsCoreModule(wasm []byte) bool {
	return len(wasm) >= preambleSize && string(wasm[:preambleSize]) == magic+coreVersion
}

// IsComponent reports whether a file begins as a component does, in the
// version of the format that Decode reads.
func IsComponent(wasm []byte) bool {
	return len(wasm) >= preambleSize && string(wasm[:preambleSize]) == magic+version+componentLayer
}

// preambleReason says in a clause what a file is that does not begin as a
// component does.
func preambleReason(file []byte) string {
	head := file[:min(len(file), preambleSize)]
	switch {
	case len(file) == 0:
		return "the file is empty"
	case !bytes.HasPrefix(head, []byte(magic)[:min(len(head), len(magic))]):
		return foreignReason(file)
	case len(head) < preambleSize:
		return fmt.Sprintf("the file ends after %d bytes: it is truncated", len(head))
	case IsCoreModule(head):
		return "this is a core module, not a component"
	case string(head[6:]) == componentLayer:
		return fmt.Sprintf("component format version %#02x, and this host reads %#02x: rebuild it with a current toolchain", head[4], version[0])
	}
	return fmt.Sprintf("neither a component nor a core module: the header has version % x and layer % x", head[4:6], head[6:])
}

// foreignReason tells text, and the text formats, from other files.
func foreignReason(file []byte) string {
	head := file[:min(len(file), 512)]
	text := bytes.TrimLeftFunc(head, unicode.IsSpace)
	switch {
	case bytes.HasPrefix(text, []byte("(component")), bytes.HasPrefix(text, []byte("(module")), bytes.HasPrefix(text, []byte(";;")), bytes.HasPrefix(text, []byte("(;")):
		return "this is WebAssembly text, not binary: assemble it first (wasm-tools parse)"
	case bytes.HasPrefix(text, []byte("package ")):
		return "this is text, perhaps WIT, not a WebAssembly binary"
	case isText(head):
		return "this is a text file, not a WebAssembly binary"
	}
	return fmt.Sprintf("not WebAssembly: the file begins with % x, not with 00 61 73 6d", head[:min(len(head), len(magic))])
}

func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && len(head) >= utf8.UTFMax || r < ' ' && !unicode.IsSpace(r) {
			return false
		}
		head = head[n:]
	}
	return true
}
