//go:build !linux && !darwin && !windows

package filesystem

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

const nonblock = syscall.O_NONBLOCK

// systemStat has nothing to add.
func systemStat(fs.FileInfo, *types.DescriptorStat) {}

// setTimes is not known here.
func setTimes(*os.File, time.Time, time.Time) error { return syscall.ENOSYS }
