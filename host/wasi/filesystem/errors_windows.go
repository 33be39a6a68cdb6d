package filesystem

import (
	"syscall"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// Windows' error numbers that package syscall does not name.
const (
	errTooManyOpenFiles syscall.Errno = 4
	errNotSameDevice    syscall.Errno = 17
	errWriteProtect     syscall.Errno = 19
	errSharingViolation syscall.Errno = 32
	errLockViolation    syscall.Errno = 33
	errHandleDiskFull   syscall.Errno = 39
	errNotSupported     syscall.Errno = 50
	errInvalidParameter syscall.Errno = 87
	errDiskFull         syscall.Errno = 112
	errInvalidName      syscall.Errno = 123
	errFilenameTooLong  syscall.Errno = 206
	errDirectory        syscall.Errno = 267
	errDeletePending    syscall.Errno = 303
	errTooManyLinks     syscall.Errno = 1142
	errCantAccessFile   syscall.Errno = 1920
	errCantResolveName  syscall.Errno = 1921
	errNotAReparsePoint syscall.Errno = 4390
)

// systemCode maps the error numbers of Windows.
func systemCode(number syscall.Errno) (types.ErrorCode, bool) {
	switch number {
	case syscall.ERROR_ACCESS_DENIED, errCantAccessFile:
		return types.ErrorCodeAccess, true
	case syscall.ERROR_FILE_EXISTS, syscall.ERROR_ALREADY_EXISTS:
		return types.ErrorCodeExist, true
	case syscall.ERROR_DIR_NOT_EMPTY:
		return types.ErrorCodeNotEmpty, true
	case syscall.ERROR_PRIVILEGE_NOT_HELD:
		return types.ErrorCodeNotPermitted, true
	case syscall.ERROR_BROKEN_PIPE:
		return types.ErrorCodePipe, true
	case errTooManyOpenFiles:
		return types.ErrorCodeQuota, true
	case errNotSameDevice:
		return types.ErrorCodeCrossDevice, true
	case errWriteProtect:
		return types.ErrorCodeReadOnly, true
	case errSharingViolation, errLockViolation, errDeletePending:
		return types.ErrorCodeBusy, true
	case errHandleDiskFull, errDiskFull:
		return types.ErrorCodeInsufficientSpace, true
	case errNotSupported:
		return types.ErrorCodeUnsupported, true
	case errInvalidParameter, errInvalidName, errNotAReparsePoint:
		return types.ErrorCodeInvalid, true
	case errFilenameTooLong:
		return types.ErrorCodeNameTooLong, true
	case errDirectory:
		return types.ErrorCodeNotDirectory, true
	case errTooManyLinks:
		return types.ErrorCodeTooManyLinks, true
	case errCantResolveName:
		return types.ErrorCodeLoop, true
	}
	return 0, false
}
