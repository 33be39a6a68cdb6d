package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// nonblock is for named pipes in directories, which Windows has not.
const nonblock = 0

// systemStat fills in what io/fs does not know.
func systemStat(fi fs.FileInfo, s *types.DescriptorStat) {
	if st, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		s.DataAccessTimestamp = datetime(time.Unix(0, st.LastAccessTime.Nanoseconds()))
	}
}

// control runs a system call on an open file.
func control(f *os.File, call func(h syscall.Handle) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	return errors.Join(raw.Control(func(fd uintptr) { failed = call(syscall.Handle(fd)) }), failed)
}

// setTimes sets the times of an open file: a zero Time leaves that one.
func setTimes(f *os.File, atime, mtime time.Time) error {
	return control(f, func(h syscall.Handle) error {
		return syscall.SetFileTime(h, nil, filetime(atime), filetime(mtime))
	})
}

func filetime(t time.Time) *syscall.Filetime {
	if t.IsZero() {
		return nil
	}
	ft := syscall.NsecToFiletime(t.UnixNano())
	return &ft
}

// syncDir does nothing: Windows syncs no directories.
func syncDir(*os.Root) error { return nil }

// identityOf gives the identity of an open file.
func identityOf(_ fs.FileInfo, f *os.File) identity {
	var id identity
	_ = control(f, func(h syscall.Handle) error {
		var info syscall.ByHandleFileInformation
		err := syscall.GetFileInformationByHandle(h, &info)
		if err == nil {
			id = identity{device: uint64(info.VolumeSerialNumber), object: uint64(info.FileIndexHigh)<<32 | uint64(info.FileIndexLow)}
		}
		return err
	})
	return id
}

// identityAt gives the identity of what a path names.
func identityAt(root *os.Root, name string, _ fs.FileInfo) (identity, error) {
	f, err := root.Open(name)
	if err != nil {
		return identity{}, err
	}
	defer f.Close()
	return identityOf(nil, f), nil
}
