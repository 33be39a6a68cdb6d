package filesystem_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

// TestOpenAt is the matrix of open-at: path, flags, what comes of it.
func TestOpenAt(t *testing.T) {
	links := map[string]string{"to-file": "file", "to-dir": "dir", "dangling": "made", "to-self": "to-self"}
	for _, c := range []struct {
		path     string
		how      types.OpenFlags
		flags    types.DescriptorFlags
		follow   types.PathFlags
		writable types.ErrorCode // in a directory that may be changed
		readOnly types.ErrorCode
	}{
		{"file", 0, read, follow, ok, ok},
		{"file", 0, 0, follow, ok, ok},
		{"file", 0, write, follow, ok, types.ErrorCodeReadOnly},
		{"file", 0, read | write, follow, ok, types.ErrorCodeReadOnly},
		{"file", 0, mutate, follow, ok, types.ErrorCodeReadOnly},
		{"file", create, read, follow, ok, types.ErrorCodeReadOnly},
		{"file", create | excl, read, follow, types.ErrorCodeExist, types.ErrorCodeReadOnly},
		{"file", trunc, write, follow, ok, types.ErrorCodeReadOnly},
		{"file", trunc, read, follow, types.ErrorCodeInvalid, types.ErrorCodeReadOnly},
		{"file", trunc, 0, follow, types.ErrorCodeInvalid, types.ErrorCodeReadOnly},
		{"file", trunc | create, read, follow, types.ErrorCodeInvalid, types.ErrorCodeReadOnly},
		{"file", dirOnly, read, follow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"file/", 0, read, follow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"file/.", 0, read, follow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"file/", create, write, follow, types.ErrorCodeNotDirectory, types.ErrorCodeReadOnly},
		{"file/x", 0, read, follow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"./file", 0, read, follow, ok, ok},
		{"dir/../file", 0, read, follow, ok, ok},
		{"dir//inner", 0, read, follow, ok, ok},

		{"none", 0, read, follow, types.ErrorCodeNoEntry, types.ErrorCodeNoEntry},
		{"none", create, write, follow, ok, types.ErrorCodeReadOnly},
		{"none", create, read, follow, ok, types.ErrorCodeReadOnly},
		{"none", create | excl, write, follow, ok, types.ErrorCodeReadOnly},
		{"none", create | trunc, write, follow, ok, types.ErrorCodeReadOnly},
		{"none/", create, write, follow, types.ErrorCodeIsDirectory, types.ErrorCodeReadOnly},
		{"none/x", create, write, follow, types.ErrorCodeNoEntry, types.ErrorCodeReadOnly},
		{"none", dirOnly | create, write, follow, types.ErrorCodeInvalid, types.ErrorCodeInvalid},
		{"", 0, read, follow, types.ErrorCodeNoEntry, types.ErrorCodeNoEntry},
		{"a\x00b", 0, read, follow, types.ErrorCodeInvalid, types.ErrorCodeInvalid},

		{"dir", 0, read, follow, ok, ok},
		{"dir", dirOnly, read, follow, ok, ok},
		{"dir", dirOnly, read | mutate, follow, ok, types.ErrorCodeReadOnly},
		{"dir/", 0, 0, follow, ok, ok},
		{".", 0, read, follow, ok, ok},
		{"dir/..", 0, read, follow, ok, ok},
		{"dir", 0, write, follow, types.ErrorCodeIsDirectory, types.ErrorCodeReadOnly},
		{"dir", create, read, follow, types.ErrorCodeIsDirectory, types.ErrorCodeReadOnly},
		{"dir", create | excl, read, follow, types.ErrorCodeExist, types.ErrorCodeReadOnly},
		{"dir", trunc, write, follow, types.ErrorCodeIsDirectory, types.ErrorCodeReadOnly},
		{"dir", dirOnly | trunc, write, follow, types.ErrorCodeInvalid, types.ErrorCodeInvalid},
		{"dir", dirOnly | excl, read, follow, types.ErrorCodeInvalid, types.ErrorCodeInvalid},

		{"to-file", 0, read, follow, ok, ok},
		{"to-file", 0, read, noFollow, types.ErrorCodeLoop, types.ErrorCodeLoop},
		{"to-file", create, write, noFollow, types.ErrorCodeLoop, types.ErrorCodeReadOnly},
		{"to-file", create | excl, write, follow, types.ErrorCodeExist, types.ErrorCodeReadOnly},
		{"to-file/", 0, read, follow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"to-dir", 0, read, follow, ok, ok},
		{"to-dir", dirOnly, read, noFollow, types.ErrorCodeNotDirectory, types.ErrorCodeNotDirectory},
		{"to-dir/", dirOnly, read, noFollow, ok, ok},
		{"to-dir/inner", 0, read, noFollow, ok, ok},
		{"dangling", 0, read, follow, types.ErrorCodeNoEntry, types.ErrorCodeNoEntry},
		{"dangling", create, write, follow, ok, types.ErrorCodeReadOnly},
		{"dangling", create | excl, write, follow, types.ErrorCodeExist, types.ErrorCodeReadOnly},
		{"dangling", create, write, noFollow, types.ErrorCodeLoop, types.ErrorCodeReadOnly},
		{"to-self", 0, read, follow, types.ErrorCodeLoop, types.ErrorCodeLoop},
	} {
		for _, readOnly := range []bool{false, true} {
			dir := tree(t, map[string]string{"file": "content", "dir/inner": "inner"})
			for from, to := range links {
				must(t, os.Symlink(to, filepath.Join(dir, from)))
			}
			want := c.writable
			if readOnly {
				want = c.readOnly
			}
			d, err := mountOne(t, filesystem.Dir{Host: dir, ReadOnly: readOnly}).OpenAt(ctx, c.follow, c.path, c.how, c.flags)
			if got := code(t, err); got != want {
				t.Errorf("open-at(%v, %q, %04b, %06b), read-only %v: %s, want %s", c.follow, c.path, c.how, c.flags, readOnly, name(got), name(want))
			}
			if err == nil {
				drop(d)
			}
			wantContent := "content"
			if c.path == "file" && c.how&trunc != 0 && want == ok {
				wantContent = ""
			}
			if got := content(t, dir, "file"); got != wantContent {
				t.Errorf("open-at(%q, %04b, %06b), read-only %v, left %q in the file", c.path, c.how, c.flags, readOnly, got)
			}
		}
	}
}

func TestFlagsOfDescriptors(t *testing.T) {
	dir := tree(t, map[string]string{"file": "", "dir/": ""})
	d := mountOne(t, filesystem.Dir{Host: dir})
	ro := mountOne(t, filesystem.Dir{Host: dir, ReadOnly: true})
	integrity := types.DescriptorFlagsFileIntegritySync | types.DescriptorFlagsDataIntegritySync | types.DescriptorFlagsRequestedWriteSync
	for _, c := range []struct {
		d    types.Descriptor
		want types.DescriptorFlags
		kind types.DescriptorType
	}{
		{d, read | mutate, types.DescriptorTypeDirectory},
		{ro, read, types.DescriptorTypeDirectory},
		{openAt(t, d, "dir", 0, read), read | mutate, types.DescriptorTypeDirectory},
		{openAt(t, ro, "dir", 0, read), read, types.DescriptorTypeDirectory},
		{openAt(t, d, "file", 0, read), read, types.DescriptorTypeRegularFile},
		{openAt(t, d, "file", 0, write), write, types.DescriptorTypeRegularFile},
		{openAt(t, d, "file", 0, read|write|mutate), read | write, types.DescriptorTypeRegularFile},
		{openAt(t, d, "file", 0, read|write|integrity), read | write | integrity, types.DescriptorTypeRegularFile},
	} {
		got, err := c.d.GetFlags(ctx)
		if err != nil || got != c.want {
			t.Errorf("get-flags gave %06b, error %v, want %06b", got, err, c.want)
		}
		kind, err := c.d.GetType(ctx)
		if err != nil || kind != c.kind {
			t.Errorf("get-type gave %v, error %v, want %v", kind, err, c.kind)
		}
	}
}

func TestOnlyFilesAndDirectoriesOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no named pipes in directories")
	}
	dir := tree(t, nil)
	mkfifo(t, filepath.Join(dir, "pipe"))
	d := mountOne(t, filesystem.Dir{Host: dir})
	for _, flags := range []types.DescriptorFlags{read, write, read | write} {
		_, err := d.OpenAt(ctx, follow, "pipe", 0, flags)
		wantCode(t, "open-at of a pipe", err, types.ErrorCodeNotPermitted)
	}
	_, err := d.OpenAt(ctx, follow, "pipe", create|trunc, write)
	wantCode(t, "open-at of a pipe", err, types.ErrorCodeNotPermitted)
	_, err = d.OpenAt(ctx, follow, "pipe", dirOnly, read)
	wantCode(t, "open-at of a pipe", err, types.ErrorCodeNotDirectory)
	if s, err := d.StatAt(ctx, follow, "pipe"); err != nil || s.Type != types.DescriptorTypeFifo {
		t.Errorf("stat-at gave %v, error %v", s, err)
	}
	if os.Geteuid() != 0 {
		return
	}
	dev := mountOne(t, filesystem.Dir{Host: "/dev"})
	_, err = dev.OpenAt(ctx, follow, "null", 0, read|write)
	wantCode(t, "open-at of a device", err, types.ErrorCodeNotPermitted)
}

// TestOpenFilesAreBounded fills the table, and frees it in every way.
func TestOpenFilesAreBounded(t *testing.T) {
	dir := tree(t, map[string]string{"file": "x", "dir/": ""})
	d := mount(t, filesystem.Config{Dirs: []filesystem.Dir{{Host: dir}}, OpenFiles: 2})[0]
	full := func(want types.ErrorCode) {
		t.Helper()
		for _, path := range []string{"file", "dir"} {
			f, err := d.OpenAt(ctx, follow, path, 0, read)
			wantCode(t, "open-at "+path, err, want)
			if err == nil {
				drop(f)
			}
		}
		e, err := d.ReadDirectory(ctx)
		wantCode(t, "read-directory", err, want)
		if err == nil {
			drop(e)
		}
	}
	a, err := d.OpenAt(ctx, follow, "file", 0, read|write)
	must(t, err)
	full(ok)
	b, err := d.OpenAt(ctx, follow, "dir", 0, read)
	must(t, err)
	full(types.ErrorCodeQuota)
	drop(b)
	full(ok)
	e, err := d.ReadDirectory(ctx)
	must(t, err)
	full(types.ErrorCodeQuota)
	drop(e)
	// A file is open as long as one of its streams.
	in, err := a.ReadViaStream(ctx, 0)
	must(t, err)
	out, err := a.AppendViaStream(ctx)
	must(t, err)
	drop(a)
	c, err := d.OpenAt(ctx, follow, "file", 0, read)
	must(t, err)
	full(types.ErrorCodeQuota)
	if got := readAll(t, in); got != "x" {
		t.Errorf("the stream gave %q", got)
	}
	drop(in)
	full(types.ErrorCodeQuota)
	drop(out)
	full(ok)
	c.(interface{ Abandon() }).Abandon()
	for range 1000 { // failed opens count for nothing
		_, err := d.OpenAt(ctx, follow, "none", 0, read)
		wantCode(t, "open-at", err, types.ErrorCodeNoEntry)
	}
	full(ok)
}
