package cli

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/cli/v0_2/exit"
	"github.com/wasikv/wasikv/host/component"
)

func registerExit(l *component.Linker) error { return exit.Register(l, NewExit()) }

// NewExit makes the functions of wasi:cli/exit.
func NewExit() exit.Host { return exits{} }

type exits struct{}

// Exit is exit.exit: it ends the guest with status 0, or 1 for an error.
func (exits) Exit(_ context.Context, status component.Result[component.Unit, component.Unit]) error {
	if status.IsErr {
		return &component.Exit{Code: 1}
	}
	return &component.Exit{}
}

// ExitWithCode is exit.exit-with-code: it ends the guest with a status.
func (exits) ExitWithCode(_ context.Context, code uint8) error {
	return &component.Exit{Code: uint32(code)}
}
