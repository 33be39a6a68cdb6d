//go:build unix

package filesystem

import (
	"syscall"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// systemCode maps the error numbers that only some systems tell from others.
func systemCode(number syscall.Errno) (types.ErrorCode, bool) {
	if number == syscall.EOPNOTSUPP { // ENOTSUP on Linux
		return types.ErrorCodeUnsupported, true
	}
	return 0, false
}
