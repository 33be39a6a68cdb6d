//go:build unix

package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// control runs a system call on an open file.
func control(f *os.File, call func(fd uintptr) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	return errors.Join(raw.Control(func(fd uintptr) {
		for {
			if failed = call(fd); failed != syscall.EINTR {
				return
			}
		}
	}), failed)
}

// syncDir syncs a directory.
func syncDir(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return failPath(err)
	}
	defer f.Close()
	return failFileOrNil(f.Sync())
}

// identityOf gives the identity of an open file.
func identityOf(fi fs.FileInfo, _ *os.File) identity {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return identity{device: uint64(st.Dev), object: uint64(st.Ino)}
	}
	return identity{}
}

// identityAt gives the identity of what a path names.
func identityAt(_ *os.Root, _ string, fi fs.FileInfo) (identity, error) {
	return identityOf(fi, nil), nil
}
