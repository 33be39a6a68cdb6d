package filesystem

import (
	"context"
	"errors"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
)

func registerTypes(l *component.Linker) error { return types.Register(l, NewTypes()) }

// NewTypes makes the functions of wasi:filesystem/types; the descriptors come
// from the preopens.
func NewTypes() types.Host { return functions{} }

type functions struct{}

// FilesystemErrorCode is types.filesystem-error-code: the code of a failed
// stream of a file, none for other streams.
func (functions) FilesystemErrorCode(_ context.Context, e types.Error) (component.Option[types.ErrorCode], error) {
	var stream streamError
	if err, ok := e.(error); ok && errors.As(err, &stream) {
		return component.Some(types.ErrorCode(stream)), nil
	}
	return component.Option[types.ErrorCode]{}, nil
}
