// Package preview1 gives core modules wasi_snapshot_preview1: wazero's own
// functions, over what a guest was granted.
//
//   - files: fs.go, file.go and path.go keep a guest inside its directories by
//     os.Root, where wazero's own mounts follow symbolic links out of them;
//     handles.go bounds what it has open.
//   - streams, sleep and poll: stdio.go joins them to the streams and the clock
//     that wasi:cli and wasi:clocks have for the same guest, so that both may
//     be mixed, and ends every wait with the call.
//   - module.go instantiates the module, with guards in front of functions that
//     wazero leaves without a bound or a context; imports.go knows what the
//     module offers.
//
// Specification: WASI 0.1, github.com/WebAssembly/WASI, branch wasi-0.1.
//
// What belongs to a guest is used by the goroutine that calls it; Functions are
// safe for concurrent use. The package is no implementation of preview1 for
// wazero in general: its functions need a guest of this runtime as the caller.
package preview1
