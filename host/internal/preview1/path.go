package preview1

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// maxPath is PATH_MAX of most systems: a path is split and resolved piece by
// piece, and the guest's memory would allow pieces by the million.
const maxPath = 4096

// local turns a path of the guest into one of the host, relative to a root.
// slash says that the path ended in one, so that it must name a directory.
//
// It is not what keeps a guest inside the root, which os.Root does, symbolic
// links included. It keeps the host's syntax away from the guest: on Windows,
// separators, streams and devices.
func local(name string) (host string, slash bool, errno sys.Errno) {
	if len(name) > maxPath {
		return "", false, sys.ENAMETOOLONG
	}
	slash = strings.HasSuffix(name, "/")
	// wazero gives "/x" for a file x of a directory that was opened as ".".
	clean := path.Clean(strings.TrimLeft(name, "/"))
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return "", false, sys.EPERM
	}
	host, err := filepath.Localize(clean)
	if err != nil {
		return "", false, sys.EINVAL
	}
	return host, slash, 0
}

// errnoOf gives the error number that a guest sees. What is neither a system
// call's nor one of io/fs is os.Root refusing to leave the root.
func errnoOf(err error) sys.Errno {
	var number syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &number):
		return sys.UnwrapOSError(number)
	case errors.Is(err, fs.ErrClosed):
		return sys.EBADF
	case errors.Is(err, fs.ErrNotExist):
		return sys.ENOENT
	case errors.Is(err, fs.ErrExist):
		return sys.EEXIST
	case errors.Is(err, fs.ErrInvalid):
		return sys.EINVAL
	}
	return sys.EPERM
}
