package filesystem

import (
	"context"
	stdio "io"
	"math"
	"os"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/io"
)

// chunk bounds what one read or write moves.
const chunk = 64 << 10

// file is an open regular file, shared by its descriptor and their streams.
type file struct {
	*os.File
	guest *guest
	refs  int
}

// release gives up one hold on the file; the last closes it.
func (f *file) release() {
	if f.refs--; f.refs == 0 {
		f.Close()
		f.guest.open--
	}
}

// opened gives the file behind a descriptor, where that has a flag.
func (d *descriptor) opened(flag types.DescriptorFlags) (*file, error) {
	if d.file == nil {
		return nil, fail(types.ErrorCodeIsDirectory)
	}
	if d.flags&flag != flag {
		return nil, fail(types.ErrorCodeBadDescriptor)
	}
	return d.file, nil
}

// offset checks a place in a file.
func offset(o types.Filesize) (int64, error) {
	if o > math.MaxInt64 {
		return 0, fail(types.ErrorCodeInvalid)
	}
	return int64(o), nil
}

// Read is [method]descriptor.read: at most 64 KiB, with true at the end of the
// file. The bytes are valid until the guest's next read.
func (d *descriptor) Read(_ context.Context, length, at types.Filesize) (component.Tuple2[[]byte, bool], error) {
	var none component.Tuple2[[]byte, bool]
	f, err := d.opened(types.DescriptorFlagsRead)
	if err != nil {
		return none, err
	}
	from, err := offset(at)
	if err != nil {
		return none, err
	}
	b, err := f.read(length, from)
	if err != nil && err != stdio.EOF {
		return none, failFile(err)
	}
	return component.Tuple2[[]byte, bool]{F0: b, F1: err == stdio.EOF}, nil
}

// read reads into the guest's scratch. It gives io.EOF with the last bytes.
func (f *file) read(length uint64, from int64) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	g := f.guest
	if g.buf == nil {
		g.buf = make([]byte, chunk)
	}
	n, err := f.ReadAt(g.buf[:min(length, chunk)], from)
	return g.buf[:n], err
}

// Write is [method]descriptor.write.
func (d *descriptor) Write(_ context.Context, buffer []byte, at types.Filesize) (types.Filesize, error) {
	f, err := d.opened(types.DescriptorFlagsWrite)
	if err != nil {
		return 0, err
	}
	to, err := offset(at)
	if err != nil {
		return 0, err
	}
	n, err := f.WriteAt(buffer, to)
	if err != nil && n == 0 {
		return 0, failFile(err)
	}
	return uint64(n), nil // an error comes again, with the rest
}

// SetSize is [method]descriptor.set-size.
func (d *descriptor) SetSize(_ context.Context, size types.Filesize) error {
	f, err := d.opened(types.DescriptorFlagsWrite)
	if err != nil {
		return err
	}
	if size > math.MaxInt64 {
		return fail(types.ErrorCodeFileTooLarge)
	}
	return failFileOrNil(f.Truncate(int64(size)))
}

// Advise is [method]descriptor.advise. The system needs no advice: nothing is
// done with it.
func (d *descriptor) Advise(_ context.Context, at, _ types.Filesize, _ types.Advice) error {
	if d.file == nil {
		return fail(types.ErrorCodeBadDescriptor)
	}
	_, err := offset(at)
	return err
}

// ReadViaStream is [method]descriptor.read-via-stream.
func (d *descriptor) ReadViaStream(_ context.Context, at types.Filesize) (streams.InputStream, error) {
	f, err := d.opened(types.DescriptorFlagsRead)
	if err != nil {
		return nil, err
	}
	from, err := offset(at)
	if err != nil {
		return nil, err
	}
	f.refs++
	return io.NewInput(&input{file: f, at: from}), nil
}

// WriteViaStream is [method]descriptor.write-via-stream.
func (d *descriptor) WriteViaStream(_ context.Context, at types.Filesize) (streams.OutputStream, error) {
	to, err := offset(at)
	if err != nil {
		return nil, err
	}
	return d.output(to)
}

// AppendViaStream is [method]descriptor.append-via-stream: each write goes to
// what is the end of the file at that time. On Linux others that append at the
// same time are not overwritten.
func (d *descriptor) AppendViaStream(context.Context) (streams.OutputStream, error) {
	return d.output(-1)
}

func (d *descriptor) output(to int64) (streams.OutputStream, error) {
	f, err := d.opened(types.DescriptorFlagsWrite)
	if err != nil {
		return nil, err
	}
	f.refs++
	return io.NewOutput(&output{file: f, at: to}), nil
}

// input is the Input of a file's stream.
type input struct {
	file *file
	at   int64
}

func (i *input) Ready() bool       { return true }
func (i *input) Watch(*io.Waker)   {}
func (i *input) Unwatch(*io.Waker) {}
func (i *input) Close()            { i.file.release() }

func (i *input) Read(n int) ([]byte, error) {
	b, err := i.file.read(uint64(n), i.at)
	i.at += int64(len(b))
	switch {
	case len(b) != 0 || err == nil:
		return b, nil // an error comes again, with the next read
	case err == stdio.EOF:
		return nil, err
	}
	return nil, streamError(codeOf(err, types.ErrorCodeIo))
}

// output is the Output of a file's stream.
type output struct {
	file *file
	at   int64 // -1: append
}

func (o *output) Ready() bool          { return true }
func (o *output) Watch(*io.Waker)      {}
func (o *output) Unwatch(*io.Waker)    {}
func (o *output) Close()               { o.file.release() }
func (o *output) Permit() (int, error) { return chunk, nil }
func (o *output) Flush() error         { return nil }

func (o *output) Write(b []byte) error {
	var err error
	if o.at < 0 {
		err = appendTo(o.file.File, b)
	} else {
		var n int
		n, err = o.file.WriteAt(b, o.at)
		o.at += int64(n)
	}
	if err != nil {
		return streamError(codeOf(err, types.ErrorCodeIo))
	}
	return nil
}
