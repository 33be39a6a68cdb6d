package filesystem

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// linkable is change for operations that make links.
func (d *descriptor) linkable(path string) (place, error) {
	p, err := d.change(path)
	switch {
	case err != nil:
		return p, err
	case !d.base.links:
		return p, fail(types.ErrorCodeNotPermitted)
	case p.dots:
		return p, fail(types.ErrorCodeExist)
	case p.dir: // "new/"
		return p, fail(types.ErrorCodeNoEntry)
	}
	return p, nil
}

// LinkAt is [method]descriptor.link-at: not-permitted, unless the directory was
// given with AllowLinks. Links are made below one descriptor, to files, and not
// to what a symbolic link leads to.
func (d *descriptor) LinkAt(_ context.Context, follow types.PathFlags, oldPath string, newDescriptor types.Descriptor, newPath string) error {
	to, err := ours(newDescriptor)
	if err != nil {
		return err
	}
	if !d.base.links {
		_, err := d.linkable(oldPath)
		return err
	}
	p, err := to.linkable(newPath)
	if err != nil {
		return err
	}
	from, fi, err := d.entry(oldPath)
	switch {
	case err != nil:
		return err
	case follow&types.PathFlagsSymlinkFollow != 0:
		return fail(types.ErrorCodeInvalid)
	case from.dir && !fi.IsDir():
		return fail(types.ErrorCodeNotDirectory)
	case !fi.Mode().IsRegular():
		return fail(types.ErrorCodeNotPermitted)
	case to.root != d.root:
		return fail(types.ErrorCodeCrossDevice)
	}
	return failPathOrNil(d.root.Link(from.name, p.name))
}

// SymlinkAt is [method]descriptor.symlink-at: not-permitted, unless the
// directory was given with AllowLinks. The target must be relative and stay
// below the descriptor, for whatever program may follow the link.
func (d *descriptor) SymlinkAt(_ context.Context, target, newPath string) error {
	p, err := d.linkable(newPath)
	if err != nil {
		return err
	}
	if _, err := at(target); err != nil {
		return err
	}
	dir, _ := p.split()
	if err := d.plain(dir); err != nil {
		return err
	}
	if !local(filepath.ToSlash(dir), target) {
		return fail(types.ErrorCodeNotPermitted)
	}
	return failPathOrNil(d.root.Symlink(filepath.FromSlash(target), p.name))
}

// local says that a target, seen from a directory, never climbs above the
// descriptor on its way.
func local(dir, target string) bool {
	depth := 0
	if dir = path.Clean(dir); dir != "." {
		depth = strings.Count(dir, "/") + 1
	}
	for e := range strings.SplitSeq(target, "/") {
		switch e {
		case "", ".":
		case "..":
			depth--
		default:
			depth++
		}
		if depth < 0 {
			return false
		}
	}
	return true
}

// plain refuses a directory that is reached through ".." or a symbolic link: its
// depth is not to be seen from its path.
func (d *descriptor) plain(dir string) error {
	for i, c := range dir + string(filepath.Separator) {
		if c != filepath.Separator {
			continue
		}
		if filepath.Base(dir[:i]) == ".." {
			return fail(types.ErrorCodeNotPermitted)
		}
		fi, err := d.root.Lstat(dir[:i])
		if err != nil {
			return failPath(err)
		}
		if fi.Mode()&fs.ModeSymlink != 0 {
			return fail(types.ErrorCodeNotPermitted)
		}
	}
	return nil
}
