package filesystem

import (
	"context"
	"io/fs"
	"os"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// OpenAt is [method]descriptor.open-at.
func (d *descriptor) OpenAt(_ context.Context, follow types.PathFlags, path string, how types.OpenFlags, flags types.DescriptorFlags) (types.Descriptor, error) {
	p, err := d.below(path)
	if err != nil {
		return nil, err
	}
	if err := d.allow(how, flags); err != nil {
		return nil, err
	}
	if d.guest.open >= d.guest.limit {
		return nil, fail(types.ErrorCodeQuota)
	}
	create := how&types.OpenFlagsCreate != 0
	exclusive := create && how&types.OpenFlagsExclusive != 0
	if exclusive {
		follow = 0 // a link is there, wherever it leads
	}
	fi, err := d.find(p, follow)
	switch {
	case err != nil && codeOf(err, 0) == types.ErrorCodeNoEntry && create:
		if p.dir { // "new/" can be no file
			return nil, fail(types.ErrorCodeIsDirectory)
		}
		return d.openFile(p, how, flags)
	case err != nil:
		return nil, failPath(err)
	case exclusive:
		return nil, fail(types.ErrorCodeExist)
	case fi.IsDir():
		if create || flags&types.DescriptorFlagsWrite != 0 || how&types.OpenFlagsTruncate != 0 {
			return nil, fail(types.ErrorCodeIsDirectory)
		}
		return d.openDirectory(p)
	case p.dir || how&types.OpenFlagsDirectory != 0:
		return nil, fail(types.ErrorCodeNotDirectory)
	case fi.Mode()&fs.ModeSymlink != 0:
		return nil, fail(types.ErrorCodeLoop)
	case !fi.Mode().IsRegular():
		return nil, fail(types.ErrorCodeNotPermitted)
	}
	return d.openFile(p, how, flags)
}

// allow refuses combinations of flags that make no sense, and those that would
// change what is read-only.
func (d *descriptor) allow(how types.OpenFlags, flags types.DescriptorFlags) error {
	const (
		files    = types.OpenFlagsCreate | types.OpenFlagsExclusive | types.OpenFlagsTruncate
		changes  = types.OpenFlagsCreate | types.OpenFlagsTruncate
		mutation = types.DescriptorFlagsWrite | types.DescriptorFlagsMutateDirectory
	)
	switch {
	case how&types.OpenFlagsDirectory != 0 && how&files != 0:
		return fail(types.ErrorCodeInvalid)
	case d.base.readOnly && (how&changes != 0 || flags&mutation != 0):
		return fail(types.ErrorCodeReadOnly)
	case how&types.OpenFlagsTruncate != 0 && flags&types.DescriptorFlagsWrite == 0:
		return fail(types.ErrorCodeInvalid)
	}
	return nil
}

const syncFlags = types.DescriptorFlagsFileIntegritySync | types.DescriptorFlagsDataIntegritySync | types.DescriptorFlagsRequestedWriteSync

// openFile opens, or makes, what is a regular file as far as is known.
func (d *descriptor) openFile(p place, how types.OpenFlags, flags types.DescriptorFlags) (types.Descriptor, error) {
	// Between the look and the open another process may have put a named pipe
	// there: nonblock keeps the open from waiting.
	mode := nonblock
	switch flags & (types.DescriptorFlagsRead | types.DescriptorFlagsWrite) {
	case types.DescriptorFlagsRead | types.DescriptorFlagsWrite:
		mode |= os.O_RDWR
	case types.DescriptorFlagsWrite:
		mode |= os.O_WRONLY
	default:
		mode |= os.O_RDONLY
	}
	if how&types.OpenFlagsCreate != 0 {
		mode |= os.O_CREATE
	}
	if how&types.OpenFlagsExclusive != 0 {
		mode |= os.O_EXCL
	}
	if how&types.OpenFlagsTruncate != 0 {
		mode |= os.O_TRUNC
	}
	if flags&syncFlags != 0 {
		mode |= os.O_SYNC
	}
	f, err := d.root.OpenFile(p.name, mode, 0o666)
	if err != nil {
		return nil, failPath(err)
	}
	fi, err := f.Stat()
	switch {
	case err != nil:
		err = failFile(err)
	case fi.IsDir():
		err = fail(types.ErrorCodeIsDirectory)
	case !fi.Mode().IsRegular():
		err = fail(types.ErrorCodeNotPermitted)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	d.guest.open++
	const mine = types.DescriptorFlagsRead | types.DescriptorFlagsWrite | syncFlags
	return &descriptor{guest: d.guest, base: d.base, file: &file{File: f, guest: d.guest, refs: 1}, flags: flags & mine}, nil
}

// openDirectory opens a directory as a root of its own: paths do not lead out
// of it. What may be done below follows from the preopened directory.
func (d *descriptor) openDirectory(p place) (types.Descriptor, error) {
	root, err := d.root.OpenRoot(p.name)
	if err != nil {
		return nil, failPath(err)
	}
	d.guest.open++
	return &descriptor{guest: d.guest, base: d.base, root: root, flags: d.base.flags()}, nil
}
