package filesystem_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

// prison makes a directory to give away, "in", beside one that holds secrets,
// "out", with links from one to the other.
func prison(t testing.TB) (top string) {
	t.Helper()
	top = tree(t, map[string]string{
		"in/file": "mine", "in/sub/file": "mine",
		"out/secret": "secret", "out/dir/secret": "secret",
	})
	for from, to := range map[string]string{
		"in/abs": filepath.Join(top, "out"), "in/abs-file": filepath.Join(top, "out", "secret"),
		"in/rel": "../out", "in/rel-file": "../out/secret", "in/new": "../out/new",
		"in/sub/up": "..", "in/sub/up-up": "../..", "in/sub/rel": "../../out", "in/slash": "../out/",
	} {
		must(t, os.Symlink(to, filepath.Join(top, filepath.FromSlash(from))))
	}
	return top
}

// listing is all that is in a directory.
func listing(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			out[p] = "directory"
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		out[p] = content(t, p) + fi.ModTime().String()
		return nil
	}))
	return out
}

func TestPathsDoNotLeadOut(t *testing.T) {
	top := prison(t)
	before := listing(t, filepath.Join(top, "out"))
	d := mountOne(t, filesystem.Dir{Host: filepath.Join(top, "in"), AllowLinks: true})
	sub := openAt(t, d, "sub", 0, read)
	for _, c := range []struct {
		d     types.Descriptor
		paths []string
	}{
		{d, []string{
			"..", "../out", "../out/secret", "../in/file", "sub/../../out/secret", "sub/up/../out/secret", "sub/up-up/out/secret",
			"/", "/etc", filepath.ToSlash(top) + "/out/secret",
			"abs/secret", "rel/secret", "rel/dir/secret", "sub/rel/secret", "slash/secret", "rel/../out/secret", "rel/.", "abs/", "slash/",
		}},
		{sub, []string{"..", "../file", "up/file", "up/../out/secret", "up-up/out/secret", "rel/secret"}},
	} {
		for _, p := range c.paths {
			_, err := c.d.OpenAt(ctx, follow, p, 0, read)
			wantCode(t, "open-at "+p, err, types.ErrorCodeNotPermitted)
			_, err = c.d.OpenAt(ctx, follow, p, create|trunc, write)
			wantCode(t, "open-at to write "+p, err, types.ErrorCodeNotPermitted)
			_, err = c.d.OpenAt(ctx, noFollow, p, create|excl, write)
			wantCode(t, "open-at to make "+p, err, types.ErrorCodeNotPermitted)
			_, err = c.d.StatAt(ctx, follow, p)
			wantCode(t, "stat-at "+p, err, types.ErrorCodeNotPermitted)
			_, err = c.d.MetadataHashAt(ctx, follow, p)
			wantCode(t, "metadata-hash-at "+p, err, types.ErrorCodeNotPermitted)
			now := types.NewTimestamp{Tag: types.NewTimestampTagNow}
			wantCode(t, "set-times-at "+p, c.d.SetTimesAt(ctx, follow, p, now, now), types.ErrorCodeNotPermitted)
			for what, err := range map[string]error{
				"create-directory-at": c.d.CreateDirectoryAt(ctx, p), "remove-directory-at": c.d.RemoveDirectoryAt(ctx, p),
				"unlink-file-at": c.d.UnlinkFileAt(ctx, p), "rename-at from": c.d.RenameAt(ctx, p, c.d, "stolen"),
				"rename-at to": c.d.RenameAt(ctx, "file", c.d, p), "link-at from": c.d.LinkAt(ctx, noFollow, p, c.d, "stolen"),
				"link-at to": c.d.LinkAt(ctx, noFollow, "file", c.d, p), "symlink-at at": c.d.SymlinkAt(ctx, "file", p),
			} {
				if err == nil {
					t.Errorf("%s %s worked", what, p)
				}
			}
		}
	}
	// The last element is a link out.
	for _, p := range []string{"abs", "rel", "slash", "abs-file", "rel-file", "new"} {
		for _, how := range []types.OpenFlags{0, create, create | trunc} {
			_, err := d.OpenAt(ctx, follow, p, how, write)
			wantCode(t, "open-at "+p, err, types.ErrorCodeNotPermitted)
		}
		_, err := d.StatAt(ctx, follow, p)
		wantCode(t, "stat-at "+p, err, types.ErrorCodeNotPermitted)
		if s, err := d.StatAt(ctx, noFollow, p); err != nil || s.Type != types.DescriptorTypeSymbolicLink {
			t.Errorf("stat-at of the link %s gave %v, error %v", p, s, err)
		}
		_, err = d.OpenAt(ctx, follow, p, create|excl, write)
		wantCode(t, "open-at to make "+p, err, types.ErrorCodeExist)
		_, err = d.MetadataHashAt(ctx, follow, p)
		wantCode(t, "metadata-hash-at "+p, err, types.ErrorCodeNotPermitted)
	}
	for _, p := range []string{"abs", "abs-file"} {
		_, err := d.ReadlinkAt(ctx, p)
		wantCode(t, "readlink-at "+p, err, types.ErrorCodeNotPermitted)
	}
	if diff := cmp.Diff(before, listing(t, filepath.Join(top, "out"))); diff != "" {
		t.Errorf("something outside changed:\n%s", diff)
	}
	if got := content(t, top, "in", "file"); got != "mine" {
		t.Errorf("the file inside became %q", got)
	}
}

// TestNoPathLeadsOut tries paths made of everything that is awkward.
func TestNoPathLeadsOut(t *testing.T) {
	top := prison(t)
	out := filepath.Join(top, "out")
	before := listing(t, out)
	d := mountOne(t, filesystem.Dir{Host: filepath.Join(top, "in"), AllowLinks: true})
	sub := openAt(t, d, "sub", 0, read)
	element := rapid.SampledFrom([]string{"..", ".", "", "file", "sub", "up", "up-up", "rel", "abs", "new", "slash", "made", "secret", "out", "in", "dir"})
	path := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(element, 1, 6).Draw(t, "elements"), "/")
	})
	rapid.Check(t, func(rt *rapid.T) {
		base := rapid.SampledFrom([]types.Descriptor{d, sub}).Draw(rt, "base")
		p, q := path.Draw(rt, "path"), path.Draw(rt, "other")
		flags := types.PathFlags(rapid.Uint8Range(0, 1).Draw(rt, "follow"))
		switch rapid.IntRange(0, 8).Draw(rt, "operation") {
		case 0, 1:
			how := types.OpenFlags(rapid.Uint8Range(0, 15).Draw(rt, "open flags"))
			f, err := base.OpenAt(ctx, flags, p, how, types.DescriptorFlags(rapid.Uint8Range(0, 63).Draw(rt, "flags")))
			if err != nil {
				return
			}
			defer drop(f)
			b, err := f.Read(ctx, 100, 0)
			if err == nil && string(b.F0) == "secret" {
				rt.Fatalf("%q gave the secret", p)
			}
			_, _ = f.Write(ctx, []byte("overwritten"), 0)
			_ = f.SetSize(ctx, 1)
		case 2:
			_ = base.CreateDirectoryAt(ctx, p)
		case 3:
			_ = base.RemoveDirectoryAt(ctx, p)
		case 4:
			_ = base.UnlinkFileAt(ctx, p)
		case 5:
			_ = base.RenameAt(ctx, p, rapid.SampledFrom([]types.Descriptor{d, sub}).Draw(rt, "new base"), q)
		case 6:
			_ = base.LinkAt(ctx, flags, p, base, q)
		case 7:
			_ = base.SymlinkAt(ctx, p, q)
		case 8:
			now := types.NewTimestamp{Tag: types.NewTimestampTagNow}
			_ = base.SetTimesAt(ctx, flags, p, now, now)
		}
		if diff := cmp.Diff(before, listing(t, out)); diff != "" {
			rt.Fatalf("something outside changed:\n%s", diff)
		}
	})
}

func TestReadOnlyDirectories(t *testing.T) {
	dir := tree(t, map[string]string{"file": "content", "sub/file": "content", "empty/": ""})
	before := listing(t, dir)
	ro, rw := mountOne(t, filesystem.Dir{Host: dir, ReadOnly: true, AllowLinks: true}), mountOne(t, filesystem.Dir{Host: tree(t, map[string]string{"mine": ""}), AllowLinks: true})
	now := types.NewTimestamp{Tag: types.NewTimestampTagNow}
	for where, d := range map[string]types.Descriptor{"the directory": ro, "one below": openAt(t, ro, "sub", 0, read)} {
		for what, err := range map[string]error{
			"create-directory-at": d.CreateDirectoryAt(ctx, "new"), "remove-directory-at": d.RemoveDirectoryAt(ctx, "empty"),
			"unlink-file-at": d.UnlinkFileAt(ctx, "file"), "rename-at": d.RenameAt(ctx, "file", d, "new"),
			"rename-at out": d.RenameAt(ctx, "file", rw, "new"), "rename-at in": rw.RenameAt(ctx, "mine", d, "new"),
			"link-at": d.LinkAt(ctx, noFollow, "file", d, "new"), "link-at in": rw.LinkAt(ctx, noFollow, "mine", d, "new"),
			"symlink-at": d.SymlinkAt(ctx, "file", "new"), "set-times": d.SetTimes(ctx, now, now),
			"set-times-at": d.SetTimesAt(ctx, follow, "file", now, now),
		} {
			wantCode(t, what+" in "+where, err, types.ErrorCodeReadOnly)
		}
		f := openAt(t, d, "file", 0, read)
		wantCode(t, "set-times of a file in "+where, f.SetTimes(ctx, now, now), types.ErrorCodeReadOnly)
		wantCode(t, "set-size of a file in "+where, f.SetSize(ctx, 0), types.ErrorCodeBadDescriptor)
		_, err := f.Write(ctx, []byte("x"), 0)
		wantCode(t, "write to a file in "+where, err, types.ErrorCodeBadDescriptor)
		_, err = f.WriteViaStream(ctx, 0)
		wantCode(t, "write-via-stream to a file in "+where, err, types.ErrorCodeBadDescriptor)
		_, err = f.AppendViaStream(ctx)
		wantCode(t, "append-via-stream to a file in "+where, err, types.ErrorCodeBadDescriptor)
	}
	if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
		t.Errorf("something changed:\n%s", diff)
	}
}

func TestLinksAreRefusedByDefault(t *testing.T) {
	dir := tree(t, map[string]string{"file": ""})
	d := mountOne(t, filesystem.Dir{Host: dir})
	allowed := mountOne(t, filesystem.Dir{Host: dir, AllowLinks: true})
	wantCode(t, "link-at", d.LinkAt(ctx, noFollow, "file", d, "new"), types.ErrorCodeNotPermitted)
	wantCode(t, "link-at to another", d.LinkAt(ctx, noFollow, "file", allowed, "new"), types.ErrorCodeNotPermitted)
	wantCode(t, "link-at from another", allowed.LinkAt(ctx, noFollow, "file", d, "new"), types.ErrorCodeNotPermitted)
	wantCode(t, "symlink-at", d.SymlinkAt(ctx, "file", "new"), types.ErrorCodeNotPermitted)
	if _, err := os.Lstat(filepath.Join(dir, "new")); !os.IsNotExist(err) {
		t.Errorf("a link was made: %v", err)
	}
}

func TestLinks(t *testing.T) {
	dir := tree(t, map[string]string{"file": "content", "a/b/": "", "real/": ""})
	must(t, os.Symlink("real", filepath.Join(dir, "l")))
	d := mountOne(t, filesystem.Dir{Host: dir, AllowLinks: true})
	sub := openAt(t, d, "a", 0, read)
	for _, c := range []struct {
		target, at string
		want       types.ErrorCode
	}{
		{"file", "s1", ok},
		{"../../file", "a/b/s2", ok},
		{"../b", "a/b/s3", ok},
		{"nowhere/x", "s4", ok},
		{"../file", "s5", types.ErrorCodeNotPermitted},
		{"a/../../file", "s6", types.ErrorCodeNotPermitted},
		{"../../../file", "a/b/s7", types.ErrorCodeNotPermitted},
		{"/etc/passwd", "s8", types.ErrorCodeNotPermitted},
		{"../file", "l/s9", types.ErrorCodeNotPermitted},
		{"../file", "a/../a/s10", types.ErrorCodeNotPermitted},
		{"", "s11", types.ErrorCodeNoEntry},
		{"file", "s12/", types.ErrorCodeNoEntry},
		{"file", "file", types.ErrorCodeExist},
		{"file", ".", types.ErrorCodeExist},
		{"file", "none/s13", types.ErrorCodeNoEntry},
	} {
		wantCode(t, "symlink-at "+c.target+" "+c.at, d.SymlinkAt(ctx, c.target, c.at), c.want)
	}
	if got, err := d.ReadlinkAt(ctx, "a/b/s2"); err != nil || got != "../../file" {
		t.Errorf("readlink-at gave %q, error %v", got, err)
	}
	wantCode(t, "symlink-at out of the descriptor", sub.SymlinkAt(ctx, "../file", "s"), types.ErrorCodeNotPermitted)
	_, err := d.ReadlinkAt(ctx, "file")
	wantCode(t, "readlink-at a file", err, types.ErrorCodeInvalid)
	_, err = d.ReadlinkAt(ctx, "s1/")
	wantCode(t, "readlink-at s1/", err, types.ErrorCodeInvalid)

	for _, c := range []struct {
		from, to string
		flags    types.PathFlags
		want     types.ErrorCode
	}{
		{"file", "a/hard", 0, ok},
		{"file", "a", 0, types.ErrorCodeExist},
		{"a", "b", 0, types.ErrorCodeNotPermitted},
		{"s1", "b", 0, types.ErrorCodeNotPermitted},
		{"file", "b", follow, types.ErrorCodeInvalid},
		{"file/", "b", 0, types.ErrorCodeNotDirectory},
		{"none", "b", 0, types.ErrorCodeNoEntry},
		{"..", "b", 0, types.ErrorCodeInvalid},
	} {
		wantCode(t, "link-at "+c.from+" "+c.to, d.LinkAt(ctx, c.flags, c.from, d, c.to), c.want)
	}
	wantCode(t, "link-at below another descriptor", d.LinkAt(ctx, 0, "file", sub, "b"), types.ErrorCodeCrossDevice)
	if s, err := d.StatAt(ctx, 0, "file"); err != nil || s.LinkCount != 2 && runtime.GOOS != "windows" {
		t.Errorf("stat-at gave %+v, error %v", s, err)
	}
}
