package preview1

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
	wazerosys "github.com/tetratelabs/wazero/sys"
)

// directory is a directory that a guest was granted: the file system below it,
// and nothing else. Symbolic links are followed as far as they stay inside.
type directory struct {
	sys.UnimplementedFS
	root     *os.Root
	readOnly bool
	links    bool // the guest may make links
	open     *handles
}

var _ sys.FS = (*directory)(nil)

// OpenFile implements sys.FS.
func (d *directory) OpenFile(name string, flag sys.Oflag, perm fs.FileMode) (sys.File, sys.Errno) {
	p, slash, errno := local(name)
	if errno != 0 {
		return nil, errno
	}
	const writes = sys.O_RDWR | sys.O_WRONLY | sys.O_APPEND | sys.O_CREAT | sys.O_TRUNC
	if d.readOnly && flag&writes != 0 {
		return nil, sys.EROFS
	}
	if flag&sys.O_TRUNC != 0 && flag&(sys.O_RDWR|sys.O_WRONLY) == 0 {
		return nil, sys.EINVAL
	}
	wantDir := slash || flag&sys.O_DIRECTORY != 0
	if slash && flag&sys.O_CREAT != 0 {
		return nil, sys.EISDIR
	}
	if flag&sys.O_NOFOLLOW != 0 {
		if info, err := d.root.Lstat(p); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return nil, sys.ELOOP
		}
	}
	f, errno := d.openFile(p, openFlags(flag), perm)
	if errno == 0 && wantDir && !f.isDir {
		f.Close()
		errno = sys.ENOTDIR
	}
	if errno != 0 {
		return nil, errno
	}
	return f, 0
}

// openFlags gives the flags of package os.
func openFlags(flag sys.Oflag) int {
	out := os.O_RDONLY
	switch {
	case flag&sys.O_RDWR != 0:
		out = os.O_RDWR
	case flag&sys.O_WRONLY != 0:
		out = os.O_WRONLY
	}
	for _, f := range []struct {
		guest sys.Oflag
		host  int
	}{
		{sys.O_APPEND, os.O_APPEND},
		{sys.O_CREAT, os.O_CREATE},
		{sys.O_EXCL, os.O_EXCL},
		{sys.O_TRUNC, os.O_TRUNC},
		{sys.O_SYNC | sys.O_DSYNC | sys.O_RSYNC, os.O_SYNC},
	} {
		if flag&f.guest != 0 {
			out |= f.host
		}
	}
	return out
}

// openFile opens a regular file or a directory. Pipes, devices and sockets are
// refused: reading one can block for ever, out of reach of the call's context.
func (d *directory) openFile(p string, flags int, perm fs.FileMode) (*file, sys.Errno) {
	if errno := d.open.reserve(); errno != 0 {
		if p == "." {
			errno = sys.ENOENT // wazero panics on any other, for a preopened one
		}
		return nil, errno
	}
	h, err := d.root.OpenFile(p, flags|nonblock, perm&fs.ModePerm)
	if err != nil {
		return nil, errnoOf(err)
	}
	info, err := h.Stat()
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		_ = h.Close()
		if err != nil {
			return nil, errnoOf(err)
		}
		return nil, sys.EPERM
	}
	const onlyOnce = os.O_CREATE | os.O_EXCL | os.O_TRUNC
	f := &file{dir: d, name: p, flags: flags &^ onlyOnce, handle: h, isDir: info.IsDir()}
	d.open.add(f)
	return f, 0
}

// Lstat implements sys.FS.
func (d *directory) Lstat(name string) (wazerosys.Stat_t, sys.Errno) {
	return d.stat(name, d.root.Lstat)
}

// Stat implements sys.FS.
func (d *directory) Stat(name string) (wazerosys.Stat_t, sys.Errno) {
	return d.stat(name, d.root.Stat)
}

func (d *directory) stat(name string, stat func(string) (fs.FileInfo, error)) (wazerosys.Stat_t, sys.Errno) {
	p, slash, errno := local(name)
	if errno != 0 {
		return wazerosys.Stat_t{}, errno
	}
	if slash {
		stat = d.root.Stat // a slash follows the link before it
	}
	info, err := stat(p)
	if err != nil {
		return wazerosys.Stat_t{}, errnoOf(err)
	}
	if slash && !info.IsDir() {
		return wazerosys.Stat_t{}, sys.ENOTDIR
	}
	return wazerosys.NewStat_t(info), 0
}

// change prepares a change of what a name stands for: it gives the host's path
// and what is there now, nil where nothing is.
func (d *directory) change(name string) (p string, slash bool, info fs.FileInfo, errno sys.Errno) {
	if d.readOnly {
		return "", false, nil, sys.EROFS
	}
	if p, slash, errno = local(name); errno != 0 {
		return "", false, nil, errno
	}
	if p == "." {
		return "", false, nil, sys.EINVAL
	}
	info, err := d.root.Lstat(p)
	if err != nil {
		if errno = errnoOf(err); errno != sys.ENOENT {
			return "", false, nil, errno
		}
		return p, slash, nil, 0
	}
	return p, slash, info, 0
}

// Mkdir implements sys.FS.
func (d *directory) Mkdir(name string, perm fs.FileMode) sys.Errno {
	p, _, info, errno := d.change(name)
	switch {
	case errno != 0:
		return errno
	case info != nil:
		return sys.EEXIST
	}
	return errnoOf(d.root.Mkdir(p, perm&fs.ModePerm))
}

// Rmdir implements sys.FS.
func (d *directory) Rmdir(name string) sys.Errno {
	p, _, info, errno := d.change(name)
	switch {
	case errno != 0:
		return errno
	case info == nil:
		return sys.ENOENT
	case !info.IsDir():
		return sys.ENOTDIR
	}
	return errnoOf(d.root.Remove(p))
}

// Unlink implements sys.FS.
func (d *directory) Unlink(name string) sys.Errno {
	p, slash, info, errno := d.change(name)
	switch {
	case errno != 0:
		return errno
	case info == nil:
		return sys.ENOENT
	case info.IsDir():
		return sys.EISDIR
	case slash:
		return sys.ENOTDIR
	}
	return errnoOf(d.root.Remove(p))
}

// Rename implements sys.FS. Like rename of POSIX, and unlike os.Rename, it
// replaces an empty directory.
func (d *directory) Rename(from, to string) sys.Errno {
	src, srcSlash, srcInfo, errno := d.change(from)
	if errno != 0 {
		return errno
	}
	dst, dstSlash, dstInfo, errno := d.change(to)
	switch {
	case errno != 0:
		return errno
	case srcInfo == nil:
		return sys.ENOENT
	case (srcSlash || dstSlash) && !srcInfo.IsDir():
		return sys.ENOTDIR
	case dstInfo == nil:
	case os.SameFile(srcInfo, dstInfo):
		return 0
	case dstInfo.IsDir() && !srcInfo.IsDir():
		return sys.EISDIR
	case !dstInfo.IsDir() && srcInfo.IsDir():
		return sys.ENOTDIR
	case strings.HasPrefix(dst, src+string(filepath.Separator)):
		return sys.EINVAL
	case dstInfo.IsDir():
		if err := d.root.Remove(dst); err != nil {
			return errnoOf(err)
		}
	}
	return errnoOf(d.root.Rename(src, dst))
}

// Link implements sys.FS.
func (d *directory) Link(from, to string) sys.Errno {
	if !d.links {
		return sys.EPERM
	}
	src, srcSlash, srcInfo, errno := d.change(from)
	if errno != 0 {
		return errno
	}
	dst, dstSlash, dstInfo, errno := d.change(to)
	switch {
	case errno != 0:
		return errno
	case srcInfo == nil:
		return sys.ENOENT
	case dstInfo != nil:
		return sys.EEXIST
	case srcInfo.IsDir():
		return sys.EPERM
	case srcSlash || dstSlash:
		return sys.ENOTDIR
	}
	return errnoOf(d.root.Link(src, dst))
}

// Symlink implements sys.FS. A link that leads out would not let the guest out,
// but whoever else uses the directory.
func (d *directory) Symlink(target, name string) sys.Errno {
	if !d.links {
		return sys.EPERM
	}
	p, slash, info, errno := d.change(name)
	switch {
	case errno != 0:
		return errno
	case info != nil:
		return sys.EEXIST
	case slash:
		return sys.ENOENT
	case len(target) > maxPath:
		return sys.ENAMETOOLONG
	case strings.HasPrefix(target, "/") || !fs.ValidPath(path.Join(path.Dir(filepath.ToSlash(p)), target)):
		return sys.EPERM
	}
	return errnoOf(d.root.Symlink(filepath.FromSlash(target), p))
}

// Readlink implements sys.FS. The target of an absolute link is a path of the
// host, which is none of the guest's business.
func (d *directory) Readlink(name string) (string, sys.Errno) {
	p, slash, errno := local(name)
	if errno != 0 {
		return "", errno
	}
	if slash {
		return "", sys.EINVAL
	}
	target, err := d.root.Readlink(p)
	if err != nil {
		return "", errnoOf(err)
	}
	if filepath.IsAbs(target) || strings.HasPrefix(target, "/") {
		return "", sys.EPERM
	}
	return filepath.ToSlash(target), 0
}

// Utimens implements sys.FS.
func (d *directory) Utimens(name string, atim, mtim int64) sys.Errno {
	if d.readOnly {
		return sys.EROFS
	}
	p, slash, errno := local(name)
	if errno != 0 {
		return errno
	}
	if slash {
		if _, errno := d.Stat(name); errno != 0 {
			return errno
		}
	}
	return errnoOf(d.root.Chtimes(p, timeOf(atim), timeOf(mtim)))
}

// timeOf gives a time for package os, for which the zero time leaves the file's
// as it is.
func timeOf(nanos int64) time.Time {
	if nanos == sys.UTIME_OMIT {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}
