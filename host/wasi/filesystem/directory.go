package filesystem

import (
	"context"
	stdio "io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
)

// below takes apart a path relative to the descriptor, which must be a
// directory.
func (d *descriptor) below(path string) (place, error) {
	if d.root == nil {
		return place{}, fail(types.ErrorCodeNotDirectory)
	}
	return at(path)
}

// change is below, for operations that change something.
func (d *descriptor) change(path string) (place, error) {
	p, err := d.below(path)
	if err != nil {
		return place{}, err
	}
	return p, d.writable()
}

// find asks for the metadata of what a path names. A symbolic link at its end
// is followed where the flag or the path says so. The error is one of package
// os.
func (d *descriptor) find(p place, follow types.PathFlags) (fs.FileInfo, error) {
	if p.dir || follow&types.PathFlagsSymlinkFollow != 0 {
		return d.root.Stat(p.name)
	}
	return d.root.Lstat(p.name)
}

// StatAt is [method]descriptor.stat-at.
func (d *descriptor) StatAt(_ context.Context, follow types.PathFlags, path string) (types.DescriptorStat, error) {
	fi, _, err := d.statAt(follow, path)
	if err != nil {
		return types.DescriptorStat{}, err
	}
	return stat(fi), nil
}

// statAt is find for a whole path: "file/" is no file.
func (d *descriptor) statAt(follow types.PathFlags, path string) (fs.FileInfo, place, error) {
	p, err := d.below(path)
	if err != nil {
		return nil, p, err
	}
	fi, err := d.find(p, follow)
	if err != nil {
		return nil, p, failPath(err)
	}
	if p.dir && !fi.IsDir() {
		return nil, p, fail(types.ErrorCodeNotDirectory)
	}
	return fi, p, nil
}

// MetadataHashAt is [method]descriptor.metadata-hash-at.
func (d *descriptor) MetadataHashAt(_ context.Context, follow types.PathFlags, path string) (types.MetadataHashValue, error) {
	fi, p, err := d.statAt(follow, path)
	if err != nil {
		return types.MetadataHashValue{}, err
	}
	return d.hash(p.name, fi)
}

// SetTimesAt is [method]descriptor.set-times-at. The times of a symbolic link
// itself cannot be set.
func (d *descriptor) SetTimesAt(_ context.Context, follow types.PathFlags, path string, access, modification types.NewTimestamp) error {
	fi, p, err := d.statAt(follow, path)
	if err != nil {
		return err
	}
	if err := d.writable(); err != nil {
		return err
	}
	atime, mtime, err := times(access, modification)
	switch {
	case err != nil:
		return err
	case atime.IsZero() && mtime.IsZero():
		return nil
	case fi.Mode()&fs.ModeSymlink != 0:
		return fail(types.ErrorCodeUnsupported)
	}
	return failPathOrNil(d.root.Chtimes(p.name, atime, mtime))
}

func failPathOrNil(err error) error {
	if err != nil {
		return failPath(err)
	}
	return nil
}

// CreateDirectoryAt is [method]descriptor.create-directory-at.
func (d *descriptor) CreateDirectoryAt(_ context.Context, path string) error {
	p, err := d.change(path)
	if err != nil {
		return err
	}
	return failPathOrNil(d.root.Mkdir(p.name, 0o777))
}

// RemoveDirectoryAt is [method]descriptor.remove-directory-at.
func (d *descriptor) RemoveDirectoryAt(_ context.Context, path string) error {
	p, fi, err := d.entry(path)
	switch {
	case err != nil:
		return err
	case !fi.IsDir():
		return fail(types.ErrorCodeNotDirectory)
	}
	return failPathOrNil(d.root.Remove(p.name))
}

// UnlinkFileAt is [method]descriptor.unlink-file-at.
func (d *descriptor) UnlinkFileAt(_ context.Context, path string) error {
	p, fi, err := d.entry(path)
	switch {
	case err != nil:
		return err
	case fi.IsDir():
		return fail(types.ErrorCodeIsDirectory)
	case p.dir:
		return fail(types.ErrorCodeNotDirectory)
	}
	return failPathOrNil(d.root.Remove(p.name))
}

// entry is change for a path that names an entry which is there, itself and not
// what it may link to.
func (d *descriptor) entry(path string) (place, fs.FileInfo, error) {
	p, err := d.change(path)
	if err != nil {
		return p, nil, err
	}
	if p.dots {
		return p, nil, fail(types.ErrorCodeInvalid)
	}
	fi, err := d.root.Lstat(p.name)
	if err != nil {
		return p, nil, failPath(err)
	}
	return p, fi, nil
}

// RenameAt is [method]descriptor.rename-at. Between two descriptors it works on
// Linux; elsewhere that is cross-device.
func (d *descriptor) RenameAt(_ context.Context, oldPath string, newDescriptor types.Descriptor, newPath string) error {
	to, err := ours(newDescriptor)
	if err != nil {
		return err
	}
	from, fi, err := d.entry(oldPath)
	if err != nil {
		return err
	}
	p, err := to.change(newPath)
	switch {
	case err != nil:
		return err
	case p.dots:
		return fail(types.ErrorCodeInvalid)
	case (from.dir || p.dir) && !fi.IsDir():
		return fail(types.ErrorCodeNotDirectory)
	}
	return failPathOrNil(rename(d.root, from, to.root, p))
}

// ReadlinkAt is [method]descriptor.readlink-at. A link to an absolute path is
// not-permitted: it would tell of the host.
func (d *descriptor) ReadlinkAt(_ context.Context, path string) (string, error) {
	p, err := d.below(path)
	if err != nil {
		return "", err
	}
	if p.dir {
		return "", fail(types.ErrorCodeInvalid)
	}
	target, err := d.root.Readlink(p.name)
	switch {
	case err != nil:
		return "", failPath(err)
	case filepath.IsAbs(target) || filepath.VolumeName(target) != "":
		return "", fail(types.ErrorCodeNotPermitted)
	}
	target = filepath.ToSlash(target)
	if strings.HasPrefix(target, "/") {
		return "", fail(types.ErrorCodeNotPermitted)
	}
	if !utf8.ValidString(target) {
		return "", fail(types.ErrorCodeIllegalByteSequence)
	}
	return target, nil
}

// ReadDirectory is [method]descriptor.read-directory.
func (d *descriptor) ReadDirectory(context.Context) (types.DirectoryEntryStream, error) {
	if d.root == nil {
		return nil, fail(types.ErrorCodeNotDirectory)
	}
	if d.guest.open >= d.guest.limit {
		return nil, fail(types.ErrorCodeQuota)
	}
	f, err := d.root.Open(".")
	if err != nil {
		return nil, failPath(err)
	}
	d.guest.open++
	return &entries{guest: d.guest, dir: f}, nil
}

// batch is how many entries are read from the system at a time.
const batch = 128

// entries is the resource directory-entry-stream.
type entries struct {
	guest *guest
	dir   *os.File // nil once dropped
	next  []fs.DirEntry
}

var _ types.DirectoryEntryStream = (*entries)(nil)

// ReadDirectoryEntry is
// [method]directory-entry-stream.read-directory-entry. The entries "." and ".."
// are left out; one whose name is not UTF-8 is illegal-byte-sequence, and the
// next call goes on behind it.
func (e *entries) ReadDirectoryEntry(context.Context) (component.Option[types.DirectoryEntry], error) {
	var none component.Option[types.DirectoryEntry]
	if len(e.next) == 0 {
		next, err := e.dir.ReadDir(batch)
		if len(next) == 0 {
			if err == stdio.EOF {
				return none, nil
			}
			return none, failFile(err)
		}
		e.next = next
	}
	entry := e.next[0]
	e.next = e.next[1:]
	if !utf8.ValidString(entry.Name()) {
		return none, fail(types.ErrorCodeIllegalByteSequence)
	}
	return component.Some(types.DirectoryEntry{Type: typeOf(entry.Type()), Name: entry.Name()}), nil
}

// Drop is called when the guest drops the stream.
func (e *entries) Drop(context.Context) { e.Abandon() }

// Abandon is called when the guest ends without dropping the stream.
func (e *entries) Abandon() {
	if e.dir != nil {
		e.dir.Close()
		e.dir = nil
		e.guest.open--
	}
}
