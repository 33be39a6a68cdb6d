package host

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/binary"
	"github.com/wasikv/wasikv/host/internal/binary/cursor"
)

// asyncShaped adds to the refusal of a 0.3 component what is easily missed where
// it names the cache: wasi:keyvalue@0.1.0 is the id of two incompatible packages,
// and the guest was made against the other one. Decoding ends before the imports
// are known, so that the name is looked for in the file.
func asyncShaped(err error, wasm []byte) error {
	const cache = "wasi:keyvalue/cache@0.1.0"
	var unsupported *binary.UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.Feature.Origin != cursor.Release03 || !bytes.Contains(wasm, []byte(cache)) {
		return err
	}
	return fmt.Errorf("%w; of %s there are an async form, which the guest seems to be made for, and one with pollables, "+
		"which this host serves: build the guest against that (wasikv wit DIR writes it)", err, cache)
}
