package io

import (
	"errors"

	"github.com/wasikv/wasikv/host/component"
)

// Register defines wasi:io/error, wasi:io/poll and wasi:io/streams.
func Register(l *component.Linker) error {
	return errors.Join(registerError(l), registerPoll(l), registerStreams(l))
}
