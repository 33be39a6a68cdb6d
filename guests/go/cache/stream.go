package cache

import (
	"io"

	"github.com/wasikv/wasikv/guests/go/canon"
)

// The cases of wasi:io/streams' stream-error.
const lastOperationFailed, closed = 0, 1

// InputStream reads a value piece by piece. It is an io.ReadCloser.
type InputStream struct{ handle uint32 }

// Read waits for at least one byte. The error is io.EOF at the end of the
// value, io.ErrClosedPipe after Close, else an *Error.
func (s *InputStream) Read(p []byte) (int, error) {
	if s.handle == 0 {
		return 0, io.ErrClosedPipe
	}
	if len(p) == 0 {
		return 0, nil
	}
	// The host writes into p itself; what escapes this way is on the heap.
	canon.Land(p)
	var result area
	inputStreamBlockingRead(s.handle, uint64(len(p)), &result)
	if result.u8(0) != 0 {
		canon.Abandon()
		if result.u8(4) == closed {
			return 0, io.EOF
		}
		return 0, streamFailure("read", result.u32(8))
	}
	b := result.bytes(4)
	if len(b) > 0 && &b[0] != &p[0] {
		copy(p, b)
	}
	return len(b), nil
}

// Close gives the stream back, read to its end or not. The error is nil.
func (s *InputStream) Close() error {
	if s.handle != 0 {
		inputStreamDrop(s.handle)
		s.handle = 0
	}
	return nil
}

// OutputStream writes a value piece by piece. It is an io.WriteCloser.
type OutputStream struct{ handle uint32 }

// Write hands all of p to the host, waiting where the host cannot take more. The
// error is io.ErrClosedPipe where the stream is closed, on either side, else an
// *Error: the value is over the host's limit, for example.
func (s *OutputStream) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if s.handle == 0 {
			return written, io.ErrClosedPipe
		}
		permit, err := s.permit()
		if err != nil {
			return written, err
		}
		piece := p[written:]
		if uint64(len(piece)) > permit {
			piece = piece[:permit]
		}
		var result area
		outputStreamWrite(s.handle, pointer(piece), uint32(len(piece)), &result)
		if err := writeError("write", &result, 0, 4, 8); err != nil {
			return written, err
		}
		written += len(piece)
	}
	return written, nil
}

// permit gives how many bytes the host takes now, waiting until it is more than
// none.
func (s *OutputStream) permit() (uint64, error) {
	for {
		var result area
		outputStreamCheckWrite(s.handle, &result)
		if err := writeError("check-write", &result, 0, 8, 12); err != nil {
			return 0, err
		}
		if n := result.u64(8); n > 0 {
			return n, nil
		}
		ready := outputStreamSubscribe(s.handle)
		pollableBlock(ready)
		pollableDrop(ready)
	}
}

// Flush waits until the host has taken what was written.
func (s *OutputStream) Flush() error {
	if s.handle == 0 {
		return io.ErrClosedPipe
	}
	var result area
	outputStreamBlockingFlush(s.handle, &result)
	return writeError("blocking-flush", &result, 0, 4, 8)
}

// Close flushes the stream and gives it back. A second Close does nothing.
func (s *OutputStream) Close() error {
	if s.handle == 0 {
		return nil
	}
	err := s.Flush()
	outputStreamDrop(s.handle)
	s.handle = 0
	return err
}

// writeError reads the error of a result<_, stream-error>, given where its two
// discriminants and the error's handle lie.
func writeError(op string, result *area, disc, kind, handle int) error {
	switch {
	case result.u8(disc) == 0:
		return nil
	case result.u8(kind) == closed:
		return io.ErrClosedPipe
	}
	return streamFailure(op, result.u32(handle))
}
