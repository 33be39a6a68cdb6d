//go:build !linux

package filesystem

import (
	"os"
	"syscall"
)

// rename is os.Root.Rename; package syscall has nothing for two directories.
func rename(from *os.Root, oldPlace place, to *os.Root, newPlace place) error {
	if from != to {
		return syscall.EXDEV
	}
	return from.Rename(oldPlace.name, newPlace.name)
}

// appendTo writes at the end. Another that appends at the same time may be
// overwritten.
func appendTo(f *os.File, b []byte) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, fi.Size())
	return err
}
