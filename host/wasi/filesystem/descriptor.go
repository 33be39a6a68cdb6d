package filesystem

import (
	"context"
	"io/fs"
	"math"
	"os"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/wallclock"
	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
)

// descriptor is the resource descriptor: a regular file or a directory that is
// open.
type descriptor struct {
	guest *guest
	base  *preopen // where it was opened below; says what is allowed
	file  *file    // nil for a directory
	root  *os.Root // the directory; nil for a file
	flags types.DescriptorFlags
}

var _ types.Descriptor = (*descriptor)(nil)

// Drop is called when the guest drops the descriptor. Streams of a file keep it
// open.
func (d *descriptor) Drop(context.Context) { d.Abandon() }

// Abandon is called when the guest ends without dropping the descriptor.
func (d *descriptor) Abandon() {
	switch {
	case d.file != nil:
		d.file.release()
		d.file = nil
	case d.root != nil && d.root != d.base.root:
		d.root.Close()
		d.guest.open--
		d.root = nil
	}
}

// info asks for the metadata of the open object itself.
func (d *descriptor) info() (fs.FileInfo, error) {
	if d.file != nil {
		return d.file.Stat()
	}
	return d.root.Stat(".")
}

// writable fails where nothing may be changed below the preopened directory.
func (d *descriptor) writable() error {
	if d.base.readOnly {
		return fail(types.ErrorCodeReadOnly)
	}
	return nil
}

// GetFlags is [method]descriptor.get-flags.
func (d *descriptor) GetFlags(context.Context) (types.DescriptorFlags, error) { return d.flags, nil }

// GetType is [method]descriptor.get-type.
func (d *descriptor) GetType(context.Context) (types.DescriptorType, error) {
	if d.file != nil {
		return types.DescriptorTypeRegularFile, nil
	}
	return types.DescriptorTypeDirectory, nil
}

// Stat is [method]descriptor.stat.
func (d *descriptor) Stat(context.Context) (types.DescriptorStat, error) {
	fi, err := d.info()
	if err != nil {
		return types.DescriptorStat{}, failFile(err)
	}
	return stat(fi), nil
}

// stat makes a descriptor-stat.
func stat(fi fs.FileInfo) types.DescriptorStat {
	s := types.DescriptorStat{
		Type:                      typeOf(fi.Mode()),
		LinkCount:                 1,
		Size:                      uint64(max(fi.Size(), 0)),
		DataModificationTimestamp: datetime(fi.ModTime()),
	}
	systemStat(fi, &s)
	return s
}

// typeOf gives the descriptor-type of a file mode.
func typeOf(mode fs.FileMode) types.DescriptorType {
	switch mode.Type() {
	case 0:
		return types.DescriptorTypeRegularFile
	case fs.ModeDir:
		return types.DescriptorTypeDirectory
	case fs.ModeSymlink:
		return types.DescriptorTypeSymbolicLink
	case fs.ModeNamedPipe:
		return types.DescriptorTypeFifo
	case fs.ModeSocket:
		return types.DescriptorTypeSocket
	case fs.ModeDevice:
		return types.DescriptorTypeBlockDevice
	case fs.ModeDevice | fs.ModeCharDevice:
		return types.DescriptorTypeCharacterDevice
	}
	return types.DescriptorTypeUnknown
}

// datetime gives a time as WASI has it: none before 1970.
func datetime(t time.Time) component.Option[wallclock.Datetime] {
	if t.Unix() < 0 {
		return component.Option[wallclock.Datetime]{}
	}
	return component.Some(wallclock.Datetime{Seconds: uint64(t.Unix()), Nanoseconds: uint32(t.Nanosecond())})
}

// Sync is [method]descriptor.sync.
func (d *descriptor) Sync(context.Context) error {
	if d.file != nil {
		return failFileOrNil(d.file.Sync())
	}
	return syncDir(d.root)
}

// SyncData is [method]descriptor.sync-data. It syncs the metadata as well,
// which WASI allows.
func (d *descriptor) SyncData(ctx context.Context) error { return d.Sync(ctx) }

func failFileOrNil(err error) error {
	if err != nil {
		return failFile(err)
	}
	return nil
}

// SetTimes is [method]descriptor.set-times.
func (d *descriptor) SetTimes(_ context.Context, access, modification types.NewTimestamp) error {
	if err := d.writable(); err != nil {
		return err
	}
	atime, mtime, err := times(access, modification)
	switch {
	case err != nil:
		return err
	case atime.IsZero() && mtime.IsZero():
		return nil
	case d.file != nil:
		return failFileOrNil(setTimes(d.file.File, atime, mtime))
	}
	return failFileOrNil(d.root.Chtimes(".", atime, mtime))
}

// times gives the times to set, the zero Time for those to leave.
func times(access, modification types.NewTimestamp) (atime, mtime time.Time, err error) {
	now := time.Now()
	if atime, err = newTime(access, now); err != nil {
		return atime, mtime, err
	}
	mtime, err = newTime(modification, now)
	return atime, mtime, err
}

func newTime(t types.NewTimestamp, now time.Time) (time.Time, error) {
	const lastSecond = math.MaxInt64 / uint64(time.Second) // what the systems' calls can carry
	switch t.Tag {
	case types.NewTimestampTagNow:
		return now, nil
	case types.NewTimestampTagTimestamp:
		if t.Timestamp.Nanoseconds >= uint32(time.Second) {
			return time.Time{}, fail(types.ErrorCodeInvalid)
		}
		if t.Timestamp.Seconds >= lastSecond {
			return time.Time{}, fail(types.ErrorCodeOverflow)
		}
		return time.Unix(int64(t.Timestamp.Seconds), int64(t.Timestamp.Nanoseconds)), nil
	}
	return time.Time{}, nil
}

// IsSameObject is [method]descriptor.is-same-object.
func (d *descriptor) IsSameObject(_ context.Context, other types.Descriptor) (bool, error) {
	o, err := ours(other)
	if err != nil {
		return false, err
	}
	a, err := d.info()
	if err != nil {
		return false, nil
	}
	b, err := o.info()
	return err == nil && os.SameFile(a, b), nil
}

// ours gives a descriptor of this package. Any other traps the guest, which has
// no honest way to come by one.
func ours(d types.Descriptor) (*descriptor, error) {
	o, ok := d.(*descriptor)
	if !ok {
		return nil, &component.Trap{Reason: "the descriptor is of another file system"}
	}
	return o, nil
}

// MetadataHash is [method]descriptor.metadata-hash.
func (d *descriptor) MetadataHash(context.Context) (types.MetadataHashValue, error) {
	fi, err := d.info()
	if err != nil {
		return types.MetadataHashValue{}, failFile(err)
	}
	if d.file != nil {
		return metadataHash(identityOf(fi, d.file.File), fi), nil
	}
	return d.hash(".", fi)
}
