//go:build unix

package preview1

import "syscall"

// nonblock keeps the open of a named pipe from waiting for its other end.
const nonblock = syscall.O_NONBLOCK
