//go:build wasip1

// Guest is a preview1 command for the tests of package preview1: the first
// argument says what it does.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

//go:wasmimport wasi_snapshot_preview1 fd_renumber
func fdRenumber(from, to int32) uint32

//go:wasmimport wasi_snapshot_preview1 poll_oneoff
func pollOneoff(in, out unsafe.Pointer, n uint32, events unsafe.Pointer) uint32

//go:wasmimport wasi_snapshot_preview1 path_unlink_file
func pathUnlinkFile(fd int32, path unsafe.Pointer, size uint32) uint32

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func run(what string, args []string) error {
	switch what {
	case "tell":
		fmt.Println(strings.Join(os.Args, " "), os.Getenv("COLOUR"), time.Now().UTC().Format(time.RFC3339))
	case "copy":
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	case "exit":
		fmt.Fprint(os.Stderr, "leaving")
		os.Exit(7)
	case "sleep":
		d, err := time.ParseDuration(args[0])
		if err != nil {
			return err
		}
		time.Sleep(d)
		fmt.Println("slept")
	case "files":
		return files(args[0])
	case "read":
		text, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		fmt.Print(string(text))
	case "leak":
		for {
			if _, err := os.Open(args[0]); err != nil {
				return err
			}
		}
	case "renumber":
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		fmt.Println(fdRenumber(int32(f.Fd()), 0x7fffffff), fdRenumber(int32(f.Fd()), 4000), fdRenumber(int32(f.Fd()), 40))
	case "churn":
		for range 2000 {
			fd, err := syscall.Open(args[0], syscall.O_RDONLY, 0)
			if err != nil {
				return err
			}
			if errno := fdRenumber(int32(fd), 40); errno != 0 {
				return syscall.Errno(errno)
			}
		}
	case "poll":
		subscriptions := make([]byte, 48*5000)
		events := make([]byte, 32*5000)
		var n uint32
		many := pollOneoff(unsafe.Pointer(&subscriptions[0]), unsafe.Pointer(&events[0]), 5000, unsafe.Pointer(&n))
		wrap := pollOneoff(unsafe.Pointer(&subscriptions[0]), unsafe.Pointer(&events[0]), 0x05555556, unsafe.Pointer(&n))
		few := pollOneoff(unsafe.Pointer(&subscriptions[0]), unsafe.Pointer(&events[0]), 10, unsafe.Pointer(&n))
		path := make([]byte, 1<<20)
		fmt.Println(many, wrap, few, n, pathUnlinkFile(3, unsafe.Pointer(&path[0]), uint32(len(path))))
	default:
		return fmt.Errorf("no such test: %s", what)
	}
	return nil
}

// files does in a directory what programs do, and says what it found.
func files(dir string) error {
	if err := os.MkdirAll(dir+"/a/b", 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(dir+"/a/b/file", []byte("one\n"), 0o644); err != nil {
		return err
	}
	f, err := os.OpenFile(dir+"/a/b/file", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString("two\n"); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(dir+"/a/b/file", dir+"/a/moved"); err != nil {
		return err
	}
	if err := os.Remove(dir + "/a/b"); err != nil {
		return err
	}
	if err := os.Chtimes(dir+"/a/moved", time.Unix(1, 0), time.Unix(2, 0)); err != nil {
		return err
	}
	info, err := os.Stat(dir + "/a/moved")
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir + "/a")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(dir + "/a/moved")
	if err != nil {
		return err
	}
	fmt.Printf("%q %d %d %v\n", text, info.Size(), info.ModTime().Unix(), entries)
	return os.Truncate(dir+"/a/moved", 2)
}
