package filesystem

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

const nonblock = syscall.O_NONBLOCK

// systemStat fills in what io/fs does not know.
func systemStat(fi fs.FileInfo, s *types.DescriptorStat) {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		s.LinkCount = uint64(st.Nlink)
		s.DataAccessTimestamp = datetime(time.Unix(st.Atimespec.Unix()))
		s.StatusChangeTimestamp = datetime(time.Unix(st.Ctimespec.Unix()))
	}
}

// setTimes is futimes, to the microsecond: a zero Time leaves that one.
func setTimes(f *os.File, atime, mtime time.Time) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok && atime.IsZero() {
		atime = time.Unix(st.Atimespec.Unix())
	}
	if mtime.IsZero() {
		mtime = fi.ModTime()
	}
	tv := []syscall.Timeval{syscall.NsecToTimeval(atime.UnixNano()), syscall.NsecToTimeval(mtime.UnixNano())}
	return control(f, func(fd uintptr) error { return syscall.Futimes(int(fd), tv) })
}
