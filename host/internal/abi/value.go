package abi

import "github.com/wasikv/wasikv/host/internal/types"

// Value is a dynamic component value.
type Value struct {
	kind types.Kind
}
