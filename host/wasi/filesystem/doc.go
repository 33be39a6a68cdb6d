// Package filesystem implements wasi:filesystem for hosts: preopens
// (preopens.go) and types (types.go; descriptors in descriptor.go, what only
// files can do in file.go, what only directories can do in directory.go and
// open.go).
//
// # Denied by default
//
// A guest has no directory but those it is given, each read-only or not. It
// does not get out of them: all paths are resolved by os.Root, and a
// descriptor of a directory below is a root of its own. Refused with an error
// code are
//
//   - absolute paths, `..` above the descriptor, and symbolic links that lead
//     out: not-permitted;
//   - whatever changes a read-only directory or what is in it: read-only;
//   - making links: not-permitted, unless Dir.AllowLinks;
//   - opening what is neither a file nor a directory (devices, pipes, sockets),
//     since that may block or act: not-permitted;
//   - truncating without writing: invalid;
//   - more files open at a time than Config.OpenFiles: quota.
//
// A guest that may write may fill the disk: put it on one of its own, or give
// it a quota.
//
// # Concurrency
//
// Descriptors belong to the goroutine that calls the guest. Operations on files
// are done at once, on that goroutine, as regular files have no other way; a
// file system that hangs, hangs the call.
package filesystem

import (
	"errors"

	"github.com/wasikv/wasikv/host/component"
)

// Register defines wasi:filesystem/types and wasi:filesystem/preopens.
func Register(l *component.Linker) error {
	return errors.Join(registerTypes(l), registerPreopens(l))
}
