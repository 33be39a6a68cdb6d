//go:build !unix

package preview1

// nonblock is for named pipes in directories, which exist on Unix only.
const nonblock = 0
