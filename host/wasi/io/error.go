package io

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	ioerror "github.com/wasikv/wasikv/bindings/wasi/io/v0_2/error"
	"github.com/wasikv/wasikv/host/component"
)

// Error is the resource of wasi:io/error: why a stream failed.
type Error struct{ cause error }

var _ ioerror.Error = (*Error)(nil)

// NewError makes the resource for a Go error. The guest can read the error's
// text, without the paths of the host that errors of package os carry.
func NewError(cause error) *Error { return &Error{cause: cause} }

// Unwrap gives the Go error: other interfaces look in it for their own error
// codes.
func (e *Error) Unwrap() error { return e.cause }

// Error implements error.
func (e *Error) Error() string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(e.cause, &path):
		return path.Op + ": " + path.Err.Error()
	case errors.As(e.cause, &link):
		return link.Op + ": " + link.Err.Error()
	}
	return e.cause.Error()
}

// ToDebugString is [method]error.to-debug-string.
func (e *Error) ToDebugString(context.Context) (string, error) {
	return strings.ToValidUTF8(e.Error(), "\ufffd"), nil
}

func registerError(l *component.Linker) error { return ioerror.Register(l) }
