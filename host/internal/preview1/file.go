package preview1

import (
	"errors"
	"io"
	"os"

	"github.com/tetratelabs/wazero/experimental/sys"
	wazerosys "github.com/tetratelabs/wazero/sys"
)

// file is an open file or directory.
type file struct {
	sys.UnimplementedFile
	dir    *directory
	name   string // where it was opened; another process may have moved it since
	flags  int    // as it was opened, without what acts only once
	handle *os.File
	isDir  bool
}

var _ sys.File = (*file)(nil)

// Dev implements sys.File.
func (f *file) Dev() (uint64, sys.Errno) {
	st, errno := f.Stat()
	return st.Dev, errno
}

// Ino implements sys.File.
func (f *file) Ino() (wazerosys.Inode, sys.Errno) {
	st, errno := f.Stat()
	return st.Ino, errno
}

// IsDir implements sys.File.
func (f *file) IsDir() (bool, sys.Errno) { return f.isDir, 0 }

// Stat implements sys.File.
func (f *file) Stat() (wazerosys.Stat_t, sys.Errno) {
	info, err := f.handle.Stat()
	if err != nil {
		return wazerosys.Stat_t{}, errnoOf(err)
	}
	return wazerosys.NewStat_t(info), 0
}

// IsAppend implements sys.File.
func (f *file) IsAppend() bool { return f.flags&os.O_APPEND != 0 }

// SetAppend implements sys.File. The mode belongs to the handle, so that
// appending is atomic among processes; changing it takes another handle of the
// same file, and fails with ENOTSUP where the file is not there any more.
func (f *file) SetAppend(enable bool) sys.Errno {
	switch {
	case f.isDir:
		return sys.EISDIR
	case enable == f.IsAppend():
		return 0
	}
	if errno := f.current(); errno != 0 {
		return errno
	}
	flags := f.flags ^ os.O_APPEND
	h, err := f.dir.root.OpenFile(f.name, flags|nonblock, 0)
	if err != nil {
		return errnoOf(err)
	}
	offset, err := f.handle.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = h.Seek(offset, io.SeekStart)
	}
	if err == nil && !same(f.handle, h) {
		err = errMoved
	}
	if err != nil {
		_ = h.Close()
		return errnoOfFile(err)
	}
	_ = f.handle.Close()
	f.handle, f.flags = h, flags
	return 0
}

var errMoved = errors.New("another file has the name now")

func same(a, b *os.File) bool {
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}

// current checks that the file's name still stands for it.
func (f *file) current() sys.Errno {
	have, err := f.handle.Stat()
	if err != nil {
		return errnoOf(err)
	}
	named, err := f.dir.root.Stat(f.name)
	if err != nil || !os.SameFile(have, named) {
		return sys.ENOTSUP
	}
	return 0
}

// errnoOfFile is errnoOf for what happens to an open file, where nothing leaves
// a root.
func errnoOfFile(err error) sys.Errno {
	switch errno := errnoOf(err); {
	case errors.Is(err, errMoved):
		return sys.ENOTSUP
	case errno == sys.EPERM:
		return sys.EIO
	default:
		return errno
	}
}

// count gives the result of a transfer: the end of a file is no error.
func (f *file) count(n int, err error) (int, sys.Errno) {
	if f.isDir {
		return 0, sys.EISDIR
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, errnoOfFile(err)
}

// Read implements sys.File.
func (f *file) Read(buf []byte) (int, sys.Errno) { return f.count(f.handle.Read(buf)) }

// Pread implements sys.File.
func (f *file) Pread(buf []byte, off int64) (int, sys.Errno) {
	if off < 0 {
		return 0, sys.EINVAL
	}
	return f.count(f.handle.ReadAt(buf, off))
}

// Write implements sys.File.
func (f *file) Write(buf []byte) (int, sys.Errno) { return f.count(f.handle.Write(buf)) }

// Pwrite implements sys.File. In a file that appends it appends, as pwrite does
// on Linux.
func (f *file) Pwrite(buf []byte, off int64) (int, sys.Errno) {
	switch {
	case off < 0:
		return 0, sys.EINVAL
	case f.IsAppend():
		return f.Write(buf)
	}
	return f.count(f.handle.WriteAt(buf, off))
}

// position is an int64 by another name: vet takes a Seek of int64 for a failed
// io.Seeker.
type position = int64

// Seek implements sys.File. A directory can only be rewound.
func (f *file) Seek(to position, whence int) (int64, sys.Errno) {
	if f.isDir && (to != 0 || whence != io.SeekStart) {
		return 0, sys.EINVAL
	}
	n, err := f.handle.Seek(to, whence)
	return n, errnoOfFile(err)
}

// Readdir implements sys.File. Inodes are left out: reading them costs a system
// call an entry, and whoever needs one asks for the file's status.
func (f *file) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	if !f.isDir {
		return nil, sys.ENOTDIR
	}
	entries, err := f.handle.ReadDir(n)
	out := make([]sys.Dirent, len(entries))
	for i, e := range entries {
		out[i] = sys.Dirent{Name: e.Name(), Type: e.Type()}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errnoOfFile(err)
	}
	return out, 0
}

// Truncate implements sys.File.
func (f *file) Truncate(size int64) sys.Errno {
	switch {
	case f.isDir:
		return sys.EISDIR
	case size < 0:
		return sys.EINVAL
	case f.flags&(os.O_WRONLY|os.O_RDWR) == 0:
		return sys.EBADF
	}
	return errnoOfFile(f.handle.Truncate(size))
}

// Sync implements sys.File.
func (f *file) Sync() sys.Errno { return errnoOfFile(f.handle.Sync()) }

// Datasync implements sys.File.
func (f *file) Datasync() sys.Errno { return f.Sync() }

// Utimens implements sys.File. Times are set by name, so it fails with ENOTSUP
// for a file that has another name by now.
func (f *file) Utimens(atim, mtim int64) sys.Errno {
	if f.dir.readOnly {
		return sys.EROFS
	}
	if errno := f.current(); errno != 0 {
		return errno
	}
	return errnoOfFile(f.dir.root.Chtimes(f.name, timeOf(atim), timeOf(mtim)))
}

// Close implements sys.File.
func (f *file) Close() sys.Errno {
	f.dir.open.remove(f)
	return errnoOfFile(f.handle.Close())
}
