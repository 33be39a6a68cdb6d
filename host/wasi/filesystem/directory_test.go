package filesystem_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

// list reads a directory to its end.
func list(t testing.TB, d types.Descriptor) (names map[string]types.DescriptorType, failures int) {
	t.Helper()
	s, err := d.ReadDirectory(ctx)
	must(t, err)
	defer drop(s)
	names = map[string]types.DescriptorType{}
	for {
		e, err := s.ReadDirectoryEntry(ctx)
		switch {
		case err != nil:
			wantCode(t, "read-directory-entry", err, types.ErrorCodeIllegalByteSequence)
			failures++
		case !e.Some:
			if e, err := s.ReadDirectoryEntry(ctx); err != nil || e.Some {
				t.Errorf("after the end: %v, error %v", e, err)
			}
			return names, failures
		default:
			if _, twice := names[e.Value.Name]; twice {
				t.Errorf("%s came twice", e.Value.Name)
			}
			names[e.Value.Name] = e.Value.Type
		}
	}
}

func TestReadDirectory(t *testing.T) {
	want := map[string]types.DescriptorType{"sub": types.DescriptorTypeDirectory, "link": types.DescriptorTypeSymbolicLink}
	files := map[string]string{"sub/below": ""}
	for i := range 300 { // more than a batch
		name := fmt.Sprintf("file%d", i)
		files[name], want[name] = "", types.DescriptorTypeRegularFile
	}
	dir := tree(t, files)
	must(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	got, _ := list(t, d)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries differ:\n%s", diff)
	}
	got, _ = list(t, openAt(t, d, "sub", 0, read))
	if diff := cmp.Diff([]string{"below"}, slices.Collect(maps.Keys(got))); diff != "" {
		t.Errorf("entries below differ:\n%s", diff)
	}
}

func TestNamesThatAreNotUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("such names exist on Linux only")
	}
	dir := tree(t, map[string]string{"good": "", "bad\xff": ""})
	must(t, os.Symlink("to\xff", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	names, failures := list(t, d)
	if _, there := names["good"]; len(names) != 2 || !there || failures != 1 {
		t.Errorf("entries %v, %d failures", names, failures)
	}
	_, err := d.ReadlinkAt(ctx, "link")
	wantCode(t, "readlink-at", err, types.ErrorCodeIllegalByteSequence)
}

func TestMakeAndRemove(t *testing.T) {
	dir := tree(t, map[string]string{"file": "", "full/file": "", "empty/": ""})
	must(t, os.Symlink("empty", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	for _, c := range []struct {
		what string
		do   func(context.Context, string) error
		path string
		want types.ErrorCode
	}{
		{"mkdir", d.CreateDirectoryAt, "new", ok},
		{"mkdir", d.CreateDirectoryAt, "new/below/", ok},
		{"mkdir", d.CreateDirectoryAt, "new", types.ErrorCodeExist},
		{"mkdir", d.CreateDirectoryAt, "file", types.ErrorCodeExist},
		{"mkdir", d.CreateDirectoryAt, "link", types.ErrorCodeExist},
		{"mkdir", d.CreateDirectoryAt, ".", types.ErrorCodeExist},
		{"mkdir", d.CreateDirectoryAt, "none/new", types.ErrorCodeNoEntry},
		{"mkdir", d.CreateDirectoryAt, "file/new", types.ErrorCodeNotDirectory},
		{"mkdir", d.CreateDirectoryAt, "", types.ErrorCodeNoEntry},
		{"unlink", d.UnlinkFileAt, "empty", types.ErrorCodeIsDirectory},
		{"unlink", d.UnlinkFileAt, "file/", types.ErrorCodeNotDirectory},
		{"unlink", d.UnlinkFileAt, "link/", types.ErrorCodeNotDirectory},
		{"unlink", d.UnlinkFileAt, "none", types.ErrorCodeNoEntry},
		{"unlink", d.UnlinkFileAt, ".", types.ErrorCodeInvalid},
		{"unlink", d.UnlinkFileAt, "link", ok}, // not what it leads to
		{"rmdir", d.RemoveDirectoryAt, "full", types.ErrorCodeNotEmpty},
		{"rmdir", d.RemoveDirectoryAt, "file", types.ErrorCodeNotDirectory},
		{"rmdir", d.RemoveDirectoryAt, "file/", types.ErrorCodeNotDirectory},
		{"rmdir", d.RemoveDirectoryAt, "none", types.ErrorCodeNoEntry},
		{"rmdir", d.RemoveDirectoryAt, ".", types.ErrorCodeInvalid},
		{"rmdir", d.RemoveDirectoryAt, "full/..", types.ErrorCodeInvalid},
		{"rmdir", d.RemoveDirectoryAt, "empty/", ok},
		{"unlink", d.UnlinkFileAt, "full/file", ok},
		{"rmdir", d.RemoveDirectoryAt, "full", ok},
		{"unlink", d.UnlinkFileAt, "./file", ok},
		{"rmdir", d.RemoveDirectoryAt, "new/below", ok},
	} {
		wantCode(t, c.what+" "+c.path, c.do(ctx, c.path), c.want)
	}
	names, _ := list(t, d)
	if diff := cmp.Diff(map[string]types.DescriptorType{"new": types.DescriptorTypeDirectory}, names); diff != "" {
		t.Errorf("what is left differs:\n%s", diff)
	}
}

func TestRename(t *testing.T) {
	linux := runtime.GOOS == "linux"
	pick := func(onLinux, elsewhere types.ErrorCode) types.ErrorCode {
		if linux {
			return onLinux
		}
		return elsewhere
	}
	for _, c := range []struct {
		from, to string
		want     types.ErrorCode
	}{
		{"file", "new", ok},
		{"file", "other", ok},
		{"file", "file", ok},
		{"file", "dir/new", ok},
		{"dir", "new", ok},
		{"dir/", "new/", ok},
		{"dir", "empty", pick(ok, types.ErrorCodeExist)},
		{"link", "new", ok},
		{"file", "link", ok},
		{"file", "new/", types.ErrorCodeNotDirectory},
		{"file/", "new", types.ErrorCodeNotDirectory},
		{"link/", "new", types.ErrorCodeNotDirectory},
		{"file", "empty", pick(types.ErrorCodeIsDirectory, types.ErrorCodeExist)},
		{"empty", "dir", pick(types.ErrorCodeNotEmpty, types.ErrorCodeExist)},
		{"dir", "file", types.ErrorCodeNotDirectory},
		{"dir", "dir/below", types.ErrorCodeInvalid},
		{"none", "new", types.ErrorCodeNoEntry},
		{"file", "none/new", types.ErrorCodeNoEntry},
		{"file", "", types.ErrorCodeNoEntry},
		{".", "new", types.ErrorCodeInvalid},
		{"file", ".", types.ErrorCodeInvalid},
		{"dir/..", "new", types.ErrorCodeInvalid},
	} {
		dir := tree(t, map[string]string{"file": "file", "other": "other", "dir/inner": "inner", "empty/": ""})
		must(t, os.Symlink("dir", filepath.Join(dir, "link")))
		d := mountOne(t, filesystem.Dir{Host: dir})
		wantCode(t, "rename-at "+c.from+" "+c.to, d.RenameAt(ctx, c.from, d, c.to), c.want)
		if c.want == ok && c.from == "file" {
			if got := content(t, dir, c.to); got != "file" {
				t.Errorf("rename-at %s %s left %q", c.from, c.to, got)
			}
		}
		if c.want == ok && c.from == "dir" {
			if got := content(t, dir, c.to, "inner"); got != "inner" {
				t.Errorf("rename-at %s %s left %q", c.from, c.to, got)
			}
		}
	}
}

func TestRenameBetweenDescriptors(t *testing.T) {
	a, b := tree(t, map[string]string{"file": "file", "sub/": ""}), tree(t, nil)
	list := mount(t, filesystem.Config{Dirs: []filesystem.Dir{{Host: a}, {Host: b, Guest: "/b"}}})
	sub := openAt(t, list[0], "sub", 0, read)
	if runtime.GOOS != "linux" {
		wantCode(t, "rename-at", list[0].RenameAt(ctx, "file", sub, "new"), types.ErrorCodeCrossDevice)
		return
	}
	must(t, list[0].RenameAt(ctx, "file", sub, "new"))
	must(t, sub.RenameAt(ctx, "new", list[1], "newer"))
	if got := content(t, b, "newer"); got != "file" {
		t.Errorf("the file became %q", got)
	}
	wantCode(t, "rename-at to above", list[1].RenameAt(ctx, "newer", sub, "../x"), types.ErrorCodeNotPermitted)
	wantCode(t, "rename-at from above", sub.RenameAt(ctx, "../sub", list[1], "x"), types.ErrorCodeNotPermitted)
	var trap *component.Trap
	if err := list[0].RenameAt(ctx, "sub", struct{ types.Descriptor }{}, "x"); !errors.As(err, &trap) {
		t.Errorf("renaming to a foreign descriptor gave %v, want a trap", err)
	}
}

// TestDescriptorsOutliveNames renames and removes what is open.
func TestDescriptorsOutliveNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is open cannot be removed")
	}
	d := mountOne(t, filesystem.Dir{Host: tree(t, map[string]string{"file": "content", "sub/file": "below"})})
	f, sub := openAt(t, d, "file", 0, read), openAt(t, d, "sub", 0, read)
	must(t, errors.Join(d.UnlinkFileAt(ctx, "file"), d.RenameAt(ctx, "sub", d, "moved")))
	if got, err := f.Read(ctx, 100, 0); err != nil || string(got.F0) != "content" {
		t.Errorf("read gave %q, error %v", got.F0, err)
	}
	if got, err := openAt(t, sub, "file", 0, read).Read(ctx, 100, 0); err != nil || string(got.F0) != "below" {
		t.Errorf("read gave %q, error %v", got.F0, err)
	}
	must(t, f.SetTimes(ctx, types.NewTimestamp{}, types.NewTimestamp{Tag: types.NewTimestampTagNow}))
}

func TestNothingByDefault(t *testing.T) {
	g := component.NewLinker().NewGuest(ctx, component.Limits{})
	defer g.Close(ctx)
	if list, err := filesystem.NewPreopens(g).GetDirectories(ctx); err != nil || len(list) != 0 {
		t.Errorf("an unconfigured guest has %v, error %v", list, err)
	}
}

func TestPreopens(t *testing.T) {
	a, b := tree(t, map[string]string{"a": ""}), tree(t, map[string]string{"b": ""})
	g := component.NewLinker().NewGuest(ctx, component.Limits{})
	defer g.Close(ctx)
	must(t, filesystem.Configure(g, filesystem.Config{Dirs: []filesystem.Dir{{Host: a, Guest: "/"}, {Host: b}}}))
	for range 2 { // each call gives handles of their own, which may be dropped
		got, err := filesystem.NewPreopens(g).GetDirectories(ctx)
		must(t, err)
		if len(got) != 2 || got[0].F1 != "/" || got[1].F1 != filepath.ToSlash(b) {
			t.Fatalf("preopens are %v", got)
		}
		for i, want := range []string{"a", "b"} {
			if names, _ := list(t, got[i].F0); len(names) != 1 || !slices.Contains(slices.Collect(maps.Keys(names)), want) {
				t.Errorf("preopen %d has %v", i, names)
			}
			drop(got[i].F0)
		}
	}
}

func TestValidate(t *testing.T) {
	dir := tree(t, map[string]string{"file": ""})
	_, missing := os.Stat(dir + "/none")
	for want, c := range map[string]filesystem.Config{
		"directory " + dir + "/none cannot be given to the guest: " + missing.Error():                           {Dirs: []filesystem.Dir{{Host: dir + "/none"}}},
		"directory " + dir + "/file cannot be given to the guest: it is no directory":                           {Dirs: []filesystem.Dir{{Host: dir + "/file"}}},
		"directories " + dir + " and " + dir + " have the same guest path /x/: give one another":                {Dirs: []filesystem.Dir{{Host: dir, Guest: "/x"}, {Host: dir, Guest: "/x/"}}},
		`directory 0 ("/x" to the guest) has no host path`:                                                      {Dirs: []filesystem.Dir{{Guest: "/x"}}},
		`the guest path "\xff" of directory ` + dir + ` is not UTF-8 without NUL, and guests take nothing else`: {Dirs: []filesystem.Dir{{Host: dir, Guest: "\xff"}}},
		"OpenFiles is -1: say how many files the guest may have open, or 0 for 256":                             {OpenFiles: -1},
	} {
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	good := filesystem.Config{Dirs: []filesystem.Dir{{Host: dir, Guest: "/x"}, {Host: dir, Guest: "/y", ReadOnly: true}}}
	must(t, good.Validate())
}

// TestNoFileIsLeftOpen counts the process' files around a guest that drops
// nothing.
func TestNoFileIsLeftOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(fds)
	}
	dir := tree(t, map[string]string{"file": "", "sub/": ""})
	before := count()
	g := component.NewLinker().NewGuest(ctx, component.Limits{})
	must(t, filesystem.Configure(g, filesystem.Config{Dirs: []filesystem.Dir{{Host: dir}}}))
	got, err := filesystem.NewPreopens(g).GetDirectories(ctx)
	must(t, err)
	d := got[0].F0
	held := []any{d}
	for _, path := range []string{"file", "sub"} {
		o, err := d.OpenAt(ctx, follow, path, 0, read)
		must(t, err)
		held = append(held, o)
	}
	s, err := held[1].(types.Descriptor).ReadViaStream(ctx, 0)
	must(t, err)
	e, err := d.ReadDirectory(ctx)
	must(t, err)
	for _, path := range []string{"none", "file/x", "../x", "/", "sub/none/x"} {
		_, err := d.OpenAt(ctx, follow, path, 0, read)
		if err == nil {
			t.Errorf("opened %s", path)
		}
	}
	if count() <= before {
		t.Error("nothing is open")
	}
	for _, o := range append(held, s, e) {
		o.(interface{ Abandon() }).Abandon()
	}
	g.Close(ctx)
	if after := count(); after != before {
		t.Errorf("%d files are open, %d before", after, before)
	}
}

func TestRegister(t *testing.T) {
	l := component.NewLinker()
	must(t, filesystem.Register(l))
	for _, name := range []string{"wasi:filesystem/types@0.2.0", "wasi:filesystem/preopens@0.2.3"} {
		if l.Lookup(name) == nil {
			t.Errorf("%s is not served", name)
		}
	}
}
