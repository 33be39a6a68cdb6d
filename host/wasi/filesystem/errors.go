package filesystem

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
)

// failures are the error codes as host functions return them.
var failures = func() (all [types.ErrorCodeCrossDevice + 1]error) {
	for i := range all {
		all[i] = component.Fail(types.ErrorCode(i))
	}
	return all
}()

func fail(code types.ErrorCode) error { return failures[code] }

// streamError is an error code as the cause of a failed stream.
type streamError types.ErrorCode

// Error implements error.
func (e streamError) Error() string { return types.ErrorCode(e).String() }

// failPath gives the failure for an error of a path operation. What is neither
// a system call's nor one of io/fs is os.Root refusing to leave the root.
func failPath(err error) error { return fail(codeOf(err, types.ErrorCodeNotPermitted)) }

// failFile gives the failure for an error of an open file.
func failFile(err error) error { return fail(codeOf(err, types.ErrorCodeIo)) }

// codeOf maps an error of package os; other is for what it does not know.
func codeOf(err error, other types.ErrorCode) types.ErrorCode {
	var number syscall.Errno
	switch {
	case errors.As(err, &number):
		if code, ok := systemCode(number); ok {
			return code
		}
		return codeOfErrno(number)
	case errors.Is(err, fs.ErrClosed):
		return types.ErrorCodeBadDescriptor
	case errors.Is(err, fs.ErrNotExist):
		return types.ErrorCodeNoEntry
	case errors.Is(err, fs.ErrExist):
		return types.ErrorCodeExist
	case errors.Is(err, fs.ErrPermission):
		return types.ErrorCodeAccess
	case errors.Is(err, fs.ErrInvalid):
		return types.ErrorCodeInvalid
	}
	return other
}

// codeOfErrno maps the error numbers that every system has, in POSIX's sense.
func codeOfErrno(number syscall.Errno) types.ErrorCode {
	switch number {
	case syscall.EACCES:
		return types.ErrorCodeAccess
	case syscall.EAGAIN:
		return types.ErrorCodeWouldBlock
	case syscall.EALREADY:
		return types.ErrorCodeAlready
	case syscall.EBADF:
		return types.ErrorCodeBadDescriptor
	case syscall.EBUSY:
		return types.ErrorCodeBusy
	case syscall.EDEADLK:
		return types.ErrorCodeDeadlock
	case syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE: // WASI knows no limit of open files
		return types.ErrorCodeQuota
	case syscall.EEXIST:
		return types.ErrorCodeExist
	case syscall.EFBIG:
		return types.ErrorCodeFileTooLarge
	case syscall.EILSEQ:
		return types.ErrorCodeIllegalByteSequence
	case syscall.EINPROGRESS:
		return types.ErrorCodeInProgress
	case syscall.EINTR:
		return types.ErrorCodeInterrupted
	case syscall.EINVAL:
		return types.ErrorCodeInvalid
	case syscall.EISDIR:
		return types.ErrorCodeIsDirectory
	case syscall.ELOOP:
		return types.ErrorCodeLoop
	case syscall.EMLINK:
		return types.ErrorCodeTooManyLinks
	case syscall.EMSGSIZE:
		return types.ErrorCodeMessageSize
	case syscall.ENAMETOOLONG:
		return types.ErrorCodeNameTooLong
	case syscall.ENODEV:
		return types.ErrorCodeNoDevice
	case syscall.ENOENT:
		return types.ErrorCodeNoEntry
	case syscall.ENOLCK:
		return types.ErrorCodeNoLock
	case syscall.ENOMEM:
		return types.ErrorCodeInsufficientMemory
	case syscall.ENOSPC:
		return types.ErrorCodeInsufficientSpace
	case syscall.ENOTDIR:
		return types.ErrorCodeNotDirectory
	case syscall.ENOTEMPTY:
		return types.ErrorCodeNotEmpty
	case syscall.ENOTRECOVERABLE:
		return types.ErrorCodeNotRecoverable
	case syscall.ENOTSUP, syscall.ENOSYS:
		return types.ErrorCodeUnsupported
	case syscall.ENOTTY:
		return types.ErrorCodeNoTty
	case syscall.ENXIO:
		return types.ErrorCodeNoSuchDevice
	case syscall.EOVERFLOW:
		return types.ErrorCodeOverflow
	case syscall.EPERM:
		return types.ErrorCodeNotPermitted
	case syscall.EPIPE:
		return types.ErrorCodePipe
	case syscall.EROFS:
		return types.ErrorCodeReadOnly
	case syscall.ESPIPE:
		return types.ErrorCodeInvalidSeek
	case syscall.ETXTBSY:
		return types.ErrorCodeTextFileBusy
	case syscall.EXDEV:
		return types.ErrorCodeCrossDevice
	}
	return types.ErrorCodeIo
}
