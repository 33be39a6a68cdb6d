package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

const nonblock = syscall.O_NONBLOCK

// systemStat fills in what io/fs does not know.
func systemStat(fi fs.FileInfo, s *types.DescriptorStat) {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		s.LinkCount = uint64(st.Nlink)
		s.DataAccessTimestamp = datetime(time.Unix(st.Atim.Unix()))
		s.StatusChangeTimestamp = datetime(time.Unix(st.Ctim.Unix()))
	}
}

// setTimes is futimens: a zero Time leaves that one.
func setTimes(f *os.File, atime, mtime time.Time) error {
	const omit = 1<<30 - 2 // UTIME_OMIT
	ts := [2]syscall.Timespec{{Nsec: omit}, {Nsec: omit}}
	for i, t := range []time.Time{atime, mtime} {
		if !t.IsZero() {
			ts[i] = syscall.NsecToTimespec(t.UnixNano())
		}
	}
	return control(f, func(fd uintptr) error {
		_, _, e := syscall.Syscall6(syscall.SYS_UTIMENSAT, fd, 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		if e != 0 {
			return e
		}
		return nil
	})
}

// rename is os.Root.Rename for two roots. Unlike that it replaces an empty
// directory, as rename does everywhere else.
func rename(from *os.Root, oldPlace place, to *os.Root, newPlace place) error {
	oldDir, oldEntry := oldPlace.split()
	newDir, newEntry := newPlace.split()
	a, err := openParent(from, oldDir)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := openParent(to, newDir)
	if err != nil {
		return err
	}
	defer b.Close()
	return control(a, func(oldfd uintptr) error {
		return control(b, func(newfd uintptr) error {
			// Both are plain names in directories that are held open: there is
			// no path to be led astray by.
			return syscall.Renameat(int(oldfd), oldEntry, int(newfd), newEntry)
		})
	})
}

func openParent(root *os.Root, dir string) (*os.File, error) {
	return root.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NONBLOCK, 0)
}

// appendTo writes at the end, wherever that is by then: the system finds it and
// writes in one step, which it does for files in append mode. The file is in it
// only meanwhile, since it would ignore the offset of other writes.
func appendTo(f *os.File, b []byte) error {
	if err := setFlags(f, nonblock|syscall.O_APPEND); err != nil {
		return err
	}
	_, err := f.Write(b)
	return errors.Join(err, setFlags(f, nonblock))
}

func setFlags(f *os.File, flags uintptr) error {
	return control(f, func(fd uintptr) error {
		if _, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETFL, flags); e != 0 {
			return e
		}
		return nil
	})
}
