package preview1

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

const secret = "not for guests"

// granted makes a directory for a guest, with a file and links in it, beside a
// secret outside.
func granted(t *testing.T) (*directory, string) {
	t.Helper()
	outer := t.TempDir()
	dir := filepath.Join(outer, "granted")
	for _, err := range []error{
		os.Mkdir(dir, 0o700),
		os.WriteFile(filepath.Join(outer, "secret"), []byte(secret), 0o600),
		os.Mkdir(filepath.Join(dir, "sub"), 0o700),
		os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o600),
		os.WriteFile(filepath.Join(dir, "sub", "inner"), []byte("inner"), 0o600),
		os.Symlink("../secret", filepath.Join(dir, "relative")),
		os.Symlink(filepath.Join(outer, "secret"), filepath.Join(dir, "absolute")),
		os.Symlink("..", filepath.Join(dir, "parent")),
		os.Symlink(outer, filepath.Join(dir, "outer")),
		os.Symlink("sub/../../secret", filepath.Join(dir, "roundabout")),
		os.Symlink("../new", filepath.Join(dir, "dangling")),
		os.Symlink("sub/inner", filepath.Join(dir, "inside")),
		os.Symlink("sub", filepath.Join(dir, "insidedir")),
		os.Symlink("loop", filepath.Join(dir, "loop")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{root: root, open: newHandles(16)}
	t.Cleanup(func() {
		d.open.close()
		root.Close()
	})
	return d, dir
}

// outside are paths that lead out of the directory, each in a way of its own.
var outside = []string{
	"../secret", "sub/../../secret", "/../secret", "relative", "absolute", "parent/secret",
	"outer/secret", "roundabout", "parent/granted/../secret", "relative/", "absolute/", "parent/",
	"outer/", "parent", "outer", "insidedir/../../secret",
}

func TestNothingLeadsOut(t *testing.T) {
	d, dir := granted(t)
	before := tree(t, filepath.Dir(dir))
	for _, p := range outside {
		for _, flag := range []sys.Oflag{
			sys.O_RDONLY, sys.O_RDWR, sys.O_WRONLY | sys.O_TRUNC, sys.O_RDWR | sys.O_CREAT,
			sys.O_RDWR | sys.O_APPEND, sys.O_RDONLY | sys.O_DIRECTORY, sys.O_RDONLY | sys.O_NOFOLLOW,
			sys.O_RDWR | sys.O_CREAT | sys.O_EXCL,
		} {
			f, errno := d.OpenFile(p, flag, 0o600)
			if errno != 0 {
				continue
			}
			buf := make([]byte, 64)
			if n, _ := f.Read(buf); strings.Contains(string(buf[:n]), secret) {
				t.Errorf("open %q with %x reads the secret", p, flag)
			}
			if entries, _ := f.Readdir(-1); slices.ContainsFunc(entries, func(e sys.Dirent) bool { return e.Name == "granted" }) {
				t.Errorf("open %q with %x lists the directory outside", p, flag)
			}
			f.Close()
		}
		if st, errno := d.Stat(p); errno == 0 && st.Size == int64(len(secret)) {
			t.Errorf("stat %q tells of the secret", p)
		}
		for name, errno := range map[string]sys.Errno{
			"mkdir":  d.Mkdir(p+"/made", 0o700),
			"rename": d.Rename("sub/inner", p+"/moved"),
			"steal":  d.Rename(p+"/secret", "stolen"),
			"unlink": d.Unlink(p + "/secret"),
			"rmdir":  d.Rmdir(p + "/granted"),
			"times":  d.Utimens(p, 0, 0),
		} {
			if errno == 0 {
				t.Errorf("%s through %q succeeded", name, p)
			}
		}
	}
	for _, p := range []string{"absolute", "outer"} {
		if target, errno := d.Readlink(p); errno == 0 {
			t.Errorf("readlink %q tells the host's path %q", p, target)
		}
	}
	if f, errno := d.OpenFile("dangling", sys.O_RDWR|sys.O_CREAT, 0o600); errno == 0 {
		t.Error("a dangling link made a file outside")
		f.Close()
	}
	if after := tree(t, filepath.Dir(dir)); !slices.Equal(before, after) {
		t.Errorf("what is outside changed:\n%v\n%v", before, after)
	}
}

// tree lists what is in a directory, but for the granted one.
func tree(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.Name() == "granted" {
			return filepath.SkipDir
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		out = append(out, strings.TrimPrefix(p, dir)+" "+info.Mode().String())
		if e.Type().IsRegular() {
			out = append(out, info.ModTime().String())
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			out = append(out, string(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLinksInside(t *testing.T) {
	d, _ := granted(t)
	f, errno := d.OpenFile("inside", sys.O_RDONLY, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	if text := readAll(t, f); text != "inner" {
		t.Errorf("read %q", text)
	}
	if _, errno := d.OpenFile("inside", sys.O_RDONLY|sys.O_NOFOLLOW, 0); errno != sys.ELOOP {
		t.Errorf("nofollow: %v", errno)
	}
	if _, errno := d.OpenFile("loop", sys.O_RDONLY, 0); errno != sys.ELOOP {
		t.Errorf("loop: %v", errno)
	}
	if st, errno := d.Lstat("inside"); errno != 0 || st.Mode&fs.ModeSymlink == 0 {
		t.Errorf("lstat: %v %v", st.Mode, errno)
	}
	if st, errno := d.Lstat("insidedir/"); errno != 0 || !st.Mode.IsDir() {
		t.Errorf("lstat with a slash: %v %v", st.Mode, errno)
	}
	if st, errno := d.Stat("inside"); errno != 0 || !st.Mode.IsRegular() {
		t.Errorf("stat: %v %v", st.Mode, errno)
	}
	if target, errno := d.Readlink("inside"); errno != 0 || target != "sub/inner" {
		t.Errorf("readlink: %q %v", target, errno)
	}
}

func TestMakingLinks(t *testing.T) {
	d, dir := granted(t)
	if d.Symlink("file", "new") != sys.EPERM || d.Link("file", "new") != sys.EPERM {
		t.Error("links were made without leave")
	}
	d.links = true
	for target, want := range map[string]sys.Errno{
		"/etc/passwd": sys.EPERM, "../secret": sys.EPERM, "sub/../../secret": sys.EPERM, "": sys.ENOENT,
	} {
		if errno := d.Symlink(target, "out"); errno != want {
			t.Errorf("symlink to %q: %v, want %v", target, errno, want)
		}
	}
	if errno := d.Symlink("../file", "sub/up"); errno != 0 {
		t.Errorf("symlink within: %v", errno)
	}
	if errno := d.Link("file", "sub/hard"); errno != 0 {
		t.Errorf("link: %v", errno)
	}
	if errno := d.Link("relative", "stolen"); errno == 0 {
		// The link itself may have got a second name, but not its target.
		if info, err := os.Lstat(filepath.Join(dir, "stolen")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("link followed a link out: %v %v", info, err)
		}
	}
	for name, errno := range map[string]sys.Errno{
		"link of a directory": d.Link("sub", "sub2"), "link over a file": d.Link("file", "inside"),
		"link out": d.Link("file", "parent/out"), "symlink over a file": d.Symlink("sub", "file"),
		"symlink out": d.Symlink("file", "parent/out"),
	} {
		if errno == 0 {
			t.Errorf("%s succeeded", name)
		}
	}
}

func TestReadOnly(t *testing.T) {
	d, dir := granted(t)
	d.readOnly, d.links = true, true
	for _, flag := range []sys.Oflag{sys.O_RDWR, sys.O_WRONLY, sys.O_CREAT, sys.O_TRUNC, sys.O_APPEND} {
		if _, errno := d.OpenFile("file", flag, 0o600); errno != sys.EROFS {
			t.Errorf("open with %x: %v", flag, errno)
		}
	}
	f, errno := d.OpenFile("file", sys.O_RDONLY, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	if _, errno := f.Write([]byte("x")); errno == 0 {
		t.Error("write succeeded")
	}
	if _, errno := f.Pwrite([]byte("x"), 0); errno == 0 {
		t.Error("pwrite succeeded")
	}
	for name, errno := range map[string]sys.Errno{
		"truncate": f.Truncate(0), "file times": f.Utimens(1, 1), "times": d.Utimens("file", 1, 1),
		"mkdir": d.Mkdir("new", 0o700), "rmdir": d.Rmdir("sub"), "unlink": d.Unlink("file"),
		"rename": d.Rename("file", "new"), "link": d.Link("file", "new"), "symlink": d.Symlink("file", "new"),
	} {
		if errno == 0 {
			t.Errorf("%s succeeded", name)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(text) != "content" {
		t.Errorf("the file is %q, %v", text, err)
	}
	// Appending is a mode of the handle: it must not become a way to write.
	if errno := f.SetAppend(true); errno == 0 {
		if _, errno := f.Write([]byte("x")); errno == 0 {
			t.Error("write after set-append succeeded")
		}
	}
}

func TestTrailingSlash(t *testing.T) {
	d, dir := granted(t)
	for name, errno := range map[string]sys.Errno{
		"open":   open(d, "file/", sys.O_RDONLY),
		"create": open(d, "new/", sys.O_RDWR|sys.O_CREAT),
		"stat":   second(d.Stat("file/")),
		"lstat":  second(d.Lstat("file/")),
		"unlink": d.Unlink("file/"),
		"rename": d.Rename("file/", "new"),
		"onto":   d.Rename("file", "new/"),
		"link":   second(d.Readlink("inside/")),
		"times":  d.Utimens("file/", 1, 1),
	} {
		if errno == 0 {
			t.Errorf("%s succeeded", name)
		}
	}
	for i, errno := range []sys.Errno{
		open(d, "sub/", sys.O_RDONLY), d.Mkdir("made/", 0o700), d.Rename("made/", "moved/"), d.Rmdir("moved/"),
	} {
		if errno != 0 {
			t.Errorf("on a directory, %d: %v", i, errno)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a file was made")
	}
}

func second[T any](_ T, errno sys.Errno) sys.Errno { return errno }

func open(d *directory, p string, flag sys.Oflag) sys.Errno {
	f, errno := d.OpenFile(p, flag, 0o600)
	if errno == 0 {
		f.Close()
	}
	return errno
}

func TestFile(t *testing.T) {
	d, dir := granted(t)
	f, errno := d.OpenFile("sub/data", sys.O_RDWR|sys.O_CREAT|sys.O_EXCL, 0o600)
	if errno != 0 {
		t.Fatal(errno)
	}
	if n, errno := f.Write([]byte("0123456789")); n != 10 || errno != 0 {
		t.Fatal(n, errno)
	}
	if n, errno := f.Pwrite([]byte("ab"), 3); n != 2 || errno != 0 {
		t.Fatal(n, errno)
	}
	buf := make([]byte, 20)
	if n, errno := f.Pread(buf, 2); errno != 0 || string(buf[:n]) != "2ab56789" {
		t.Errorf("pread: %q %v", buf[:n], errno)
	}
	if n, errno := f.Read(buf); n != 0 || errno != 0 {
		t.Errorf("read at the end: %d %v", n, errno)
	}
	if at, errno := f.Seek(-3, io.SeekEnd); at != 7 || errno != 0 {
		t.Errorf("seek: %d %v", at, errno)
	}
	if errno := f.SetAppend(true); errno != 0 || !f.IsAppend() {
		t.Fatalf("append: %v", errno)
	}
	if n, errno := f.Read(buf); errno != 0 || string(buf[:n]) != "789" {
		t.Errorf("the new handle stands elsewhere: %q %v", buf[:n], errno)
	}
	if _, errno := f.Seek(0, io.SeekStart); errno != 0 {
		t.Fatal(errno)
	}
	for _, errno := range []sys.Errno{second(f.Write([]byte("X"))), second(f.Pwrite([]byte("Y"), 0))} {
		if errno != 0 {
			t.Error(errno)
		}
	}
	if errno := f.SetAppend(false); errno != 0 {
		t.Fatal(errno)
	}
	if _, errno := f.Pwrite([]byte("Z"), 0); errno != 0 {
		t.Fatal(errno)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "sub/data")); err != nil || string(text) != "Z12ab56789XY" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if errno := f.Truncate(4); errno != 0 {
		t.Fatal(errno)
	}
	if errno := f.Utimens(sys.UTIME_OMIT, 5e9); errno != 0 {
		t.Fatal(errno)
	}
	st, errno := f.Stat()
	if errno != 0 || st.Size != 4 || st.Mtim != 5e9 || !st.Mode.IsRegular() {
		t.Errorf("stat: %+v %v", st, errno)
	}
	for name, errno := range map[string]sys.Errno{
		"negative truncate": f.Truncate(-1), "negative pread": second(f.Pread(buf, -1)),
		"negative pwrite": second(f.Pwrite(buf, -1)), "readdir": second(f.Readdir(1)),
		"negative seek": second(f.Seek(-1, io.SeekStart)),
	} {
		if errno == 0 {
			t.Errorf("%s succeeded", name)
		}
	}
	for _, errno := range []sys.Errno{f.Sync(), f.Datasync(), f.Close()} {
		if errno != 0 {
			t.Error(errno)
		}
	}
	if _, errno := f.Write(buf); errno != sys.EBADF {
		t.Errorf("write after close: %v", errno)
	}
	if errno := open(d, "sub/data", sys.O_RDWR|sys.O_CREAT|sys.O_EXCL); errno != sys.EEXIST {
		t.Errorf("exclusive: %v", errno)
	}
	if errno := open(d, "file", sys.O_RDONLY|sys.O_TRUNC); errno != sys.EINVAL {
		t.Errorf("truncate without write: %v", errno)
	}
}

// TestMovedFile says that a handle whose name now stands for another file does
// not act on that one.
func TestMovedFile(t *testing.T) {
	d, dir := granted(t)
	f, errno := d.OpenFile("file", sys.O_RDWR, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	if errno := d.Rename("file", "moved"); errno != 0 {
		t.Fatal(errno)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if errno := f.SetAppend(true); errno != sys.ENOTSUP {
		t.Errorf("append: %v", errno)
	}
	if errno := f.Utimens(0, 0); errno != sys.ENOTSUP {
		t.Errorf("times: %v", errno)
	}
	if text := readAll(t, f); text != "content" {
		t.Errorf("the handle reads %q", text)
	}
}

func readAll(t *testing.T, f sys.File) string {
	t.Helper()
	var out []byte
	buf := make([]byte, 3)
	for {
		n, errno := f.Read(buf)
		if errno != 0 {
			t.Fatal(errno)
		}
		if n == 0 {
			return string(out)
		}
		out = append(out, buf[:n]...)
	}
}

func TestDirectory(t *testing.T) {
	d, _ := granted(t)
	f, errno := d.OpenFile(".", sys.O_RDONLY|sys.O_DIRECTORY, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	want := []string{"absolute", "dangling", "file", "inside", "insidedir", "loop", "outer", "parent", "relative", "roundabout", "sub"}
	for range 2 {
		var got []string
		for {
			entries, errno := f.Readdir(3)
			if errno != 0 {
				t.Fatal(errno)
			}
			for _, e := range entries {
				got = append(got, e.Name)
				if (e.Name == "sub") != e.IsDir() {
					t.Errorf("%s has type %v", e.Name, e.Type)
				}
			}
			if len(entries) < 3 {
				break
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("listed %v", got)
		}
		if _, errno := f.Seek(0, io.SeekStart); errno != 0 {
			t.Errorf("rewind: %v", errno)
		}
	}
	for name, errno := range map[string]sys.Errno{
		"read": second(f.Read(make([]byte, 1))), "write": second(f.Write([]byte("x"))),
		"truncate": f.Truncate(0), "append": f.SetAppend(true), "seek": second(f.Seek(1, io.SeekStart)),
		"open to write": open(d, "sub", sys.O_RDWR), "a file as directory": open(d, "file", sys.O_DIRECTORY),
		"rmdir of a file": d.Rmdir("file"), "rmdir of a full one": d.Rmdir("sub"), "rmdir of itself": d.Rmdir("."),
		"unlink of a directory": d.Unlink("sub"), "mkdir over it": d.Mkdir("sub", 0o700),
		"rmdir of a link": d.Rmdir("insidedir"), "of nothing": d.Unlink("nothing"),
	} {
		if errno == 0 {
			t.Errorf("%s succeeded", name)
		}
	}
}

func TestRename(t *testing.T) {
	d, dir := granted(t)
	for _, name := range []string{"empty", "full"} {
		if errno := d.Mkdir(name, 0o700); errno != 0 {
			t.Fatal(errno)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "full", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to string
		want     sys.Errno
	}{
		{"nothing", "x", sys.ENOENT},
		{"file", "sub", sys.EISDIR},
		{"sub", "file", sys.ENOTDIR},
		{"sub", "sub/below", sys.EINVAL},
		{"sub", "full", sys.ENOTEMPTY},
		{"sub", "sub", 0},
		{"sub", "empty", 0},
		{"file", "empty/inner", 0},
		{"inside", "link", 0}, // the link, not what it stands for
	} {
		if errno := d.Rename(c.from, c.to); errno != c.want {
			t.Errorf("rename %s to %s: %v, want %v", c.from, c.to, errno, c.want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "empty", "inner")); err != nil || string(text) != "content" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if _, errno := d.Readlink("link"); errno != 0 {
		t.Errorf("the link: %v", errno)
	}
}

func TestOpenFilesAreBounded(t *testing.T) {
	d, _ := granted(t)
	var files []sys.File
	for {
		f, errno := d.OpenFile("file", sys.O_RDONLY, 0)
		if errno != 0 {
			if errno != sys.EAGAIN {
				t.Errorf("too many: %v", errno)
			}
			break
		}
		files = append(files, f)
	}
	if len(files) != 16 {
		t.Errorf("%d files could be opened", len(files))
	}
	files[0].Close()
	if errno := open(d, "file", sys.O_RDONLY); errno != 0 {
		t.Errorf("after a close: %v", errno)
	}
	d.open.close()
	if len(d.open.open) != 0 {
		t.Errorf("%d files stay open", len(d.open.open))
	}
	if _, errno := files[1].Read(make([]byte, 1)); errno != sys.EBADF {
		t.Errorf("read of a closed file: %v", errno)
	}
}

func TestPaths(t *testing.T) {
	for in, want := range map[string]string{
		"": ".", "/": ".", ".": ".", "./": ".", "a": "a", "/a": "a", "a/": "a", "a//b": "a/b",
		"sub//x": "sub/x", "a/../b": "b", "..a": "..a",
	} {
		p, slash, errno := local(in)
		if filepath.ToSlash(p) != want || slash != strings.HasSuffix(in, "/") || errno != 0 {
			t.Errorf("%q gave %q %v %v", in, p, slash, errno)
		}
	}
	for _, p := range []string{"..", "../", "/..", "../a", "a/../..", "./../a"} {
		if _, _, errno := local(p); errno != sys.EPERM {
			t.Errorf("%q: %v", p, errno)
		}
	}
	if _, _, errno := local("a\x00b"); errno != sys.EINVAL {
		t.Errorf("NUL: %v", errno)
	}
	if _, _, errno := local(strings.Repeat("a/", maxPath)); errno != sys.ENAMETOOLONG {
		t.Errorf("long: %v", errno)
	}
	if runtime.GOOS == "windows" {
		for _, p := range []string{`a\b`, "a:b", "NUL", "COM1"} {
			if _, _, errno := local(p); errno != sys.EINVAL {
				t.Errorf("%q: %v", p, errno)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	d, dir := granted(t)
	if errno := d.Utimens("inside", 1e9, 2e9); errno != 0 {
		t.Fatal(errno)
	}
	info, err := os.Stat(filepath.Join(dir, "sub/inner"))
	if err != nil || !info.ModTime().Equal(time.Unix(2, 0)) {
		t.Errorf("the time is %v, %v", info.ModTime(), err)
	}
	if errno := d.Utimens("file", sys.UTIME_OMIT, 0); errno != 0 {
		t.Fatal(errno)
	}
	if info, err = os.Stat(filepath.Join(dir, "file")); err != nil || !info.ModTime().Equal(time.Unix(0, 0)) {
		t.Errorf("the epoch came out as %v, %v", info.ModTime(), err)
	}
}
