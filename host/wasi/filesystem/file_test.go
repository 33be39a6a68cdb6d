package filesystem_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wasikv/wasikv/bindings/wasi/clocks/v0_2/wallclock"
	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
	"github.com/wasikv/wasikv/host/wasi/io"
)

func TestReadAndWrite(t *testing.T) {
	dir := tree(t, map[string]string{"file": "0123456789"})
	d := mountOne(t, filesystem.Dir{Host: dir})
	f := openAt(t, d, "file", 0, read|write)
	for _, c := range []struct {
		length, at uint64
		want       string
		end        bool
	}{
		{4, 0, "0123", false},
		{4, 8, "89", true},
		{10, 0, "0123456789", false},
		{11, 0, "0123456789", true},
		{math.MaxUint64, 5, "56789", true},
		{0, 0, "", false},
		{1, 10, "", true},
		{1, 1000, "", true},
	} {
		got, err := f.Read(ctx, c.length, c.at)
		if err != nil || string(got.F0) != c.want || got.F1 != c.end {
			t.Errorf("read(%d, %d) gave %q, %v, error %v; want %q, %v", c.length, c.at, got.F0, got.F1, err, c.want, c.end)
		}
	}
	for _, c := range []struct {
		s    string
		at   uint64
		want string
	}{
		{"ab", 0, "ab23456789"},
		{"cd", 9, "ab2345678cd"},
		{"", 1000, "ab2345678cd"},
		{"z", 13, "ab2345678cd\x00\x00z"},
	} {
		if n, err := f.Write(ctx, []byte(c.s), c.at); err != nil || n != uint64(len(c.s)) {
			t.Errorf("write(%q, %d) gave %d, error %v", c.s, c.at, n, err)
		}
		if got := content(t, dir, "file"); got != c.want {
			t.Errorf("write(%q, %d) left %q", c.s, c.at, got)
		}
	}
	must(t, errors.Join(f.SetSize(ctx, 4), f.Sync(ctx), f.SyncData(ctx), f.Advise(ctx, 0, 10, types.AdviceSequential)))
	if got := content(t, dir, "file"); got != "ab23" {
		t.Errorf("set-size left %q", got)
	}
}

// TestHostileNumbers has offsets and lengths that no file has.
func TestHostileNumbers(t *testing.T) {
	f := openAt(t, mountOne(t, filesystem.Dir{Host: tree(t, map[string]string{"file": "x"})}), "file", 0, read|write)
	for _, n := range []uint64{math.MaxInt64 + 1, math.MaxUint64} {
		_, err := f.Read(ctx, 1, n)
		wantCode(t, "read", err, types.ErrorCodeInvalid)
		_, err = f.Write(ctx, []byte("x"), n)
		wantCode(t, "write", err, types.ErrorCodeInvalid)
		_, err = f.ReadViaStream(ctx, n)
		wantCode(t, "read-via-stream", err, types.ErrorCodeInvalid)
		_, err = f.WriteViaStream(ctx, n)
		wantCode(t, "write-via-stream", err, types.ErrorCodeInvalid)
		wantCode(t, "advise", f.Advise(ctx, n, n, types.AdviceNormal), types.ErrorCodeInvalid)
		wantCode(t, "set-size", f.SetSize(ctx, n), types.ErrorCodeFileTooLarge)
	}
	if _, err := f.Write(ctx, []byte("xx"), math.MaxInt64); err == nil {
		t.Error("wrote at the end of the number line")
	}
	if got, err := f.Read(ctx, 10, math.MaxInt64); err != nil && code(t, err) != types.ErrorCodeInvalid || len(got.F0) != 0 {
		t.Errorf("read gave %v, error %v", got, err)
	}
	if n := testing.AllocsPerRun(10, func() { _, _ = f.Read(ctx, math.MaxUint64, 0) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}

func TestFlagsAreKept(t *testing.T) {
	d := mountOne(t, filesystem.Dir{Host: tree(t, map[string]string{"file": "x"})})
	r, w, none := openAt(t, d, "file", 0, read), openAt(t, d, "file", 0, write), openAt(t, d, "file", 0, 0)
	for what, err := range map[string]error{
		"read":            second(w.Read(ctx, 1, 0)),
		"read-via-stream": second(w.ReadViaStream(ctx, 0)),
		"write":           second(r.Write(ctx, nil, 0)),
		"set-size":        r.SetSize(ctx, 0),
		"read of none":    second(none.Read(ctx, 1, 0)),
		"write of none":   second(none.Write(ctx, nil, 0)),
		"advise":          d.Advise(ctx, 0, 0, 0),
	} {
		wantCode(t, what, err, types.ErrorCodeBadDescriptor)
	}
	for what, err := range map[string]error{
		"read":              second(d.Read(ctx, 1, 0)),
		"write":             second(d.Write(ctx, nil, 0)),
		"set-size":          d.SetSize(ctx, 0),
		"read-via-stream":   second(d.ReadViaStream(ctx, 0)),
		"write-via-stream":  second(d.WriteViaStream(ctx, 0)),
		"append-via-stream": second(d.AppendViaStream(ctx)),
	} {
		wantCode(t, what+" of a directory", err, types.ErrorCodeIsDirectory)
	}
	for what, err := range map[string]error{
		"open-at":             second(r.OpenAt(ctx, follow, "x", 0, read)),
		"stat-at":             second(r.StatAt(ctx, follow, ".")),
		"create-directory-at": r.CreateDirectoryAt(ctx, "x"),
		"unlink-file-at":      r.UnlinkFileAt(ctx, "x"),
		"remove-directory-at": r.RemoveDirectoryAt(ctx, "x"),
		"rename-at":           r.RenameAt(ctx, "x", d, "y"),
		"rename-at to":        d.RenameAt(ctx, "file", r, "y"),
		"readlink-at":         second(r.ReadlinkAt(ctx, "x")),
		"symlink-at":          r.SymlinkAt(ctx, "x", "y"),
		"read-directory":      second(r.ReadDirectory(ctx)),
		"metadata-hash-at":    second(r.MetadataHashAt(ctx, follow, "x")),
	} {
		wantCode(t, what+" of a file", err, types.ErrorCodeNotDirectory)
	}
}

func second[T any](_ T, err error) error { return err }

func TestStreams(t *testing.T) {
	dir := tree(t, map[string]string{"file": "0123456789"})
	d := mountOne(t, filesystem.Dir{Host: dir})
	f := openAt(t, d, "file", 0, read|write)
	in, err := f.ReadViaStream(ctx, 3)
	must(t, err)
	out, err := f.WriteViaStream(ctx, 8)
	must(t, err)
	end, err := f.AppendViaStream(ctx)
	must(t, err)
	beyond, err := f.ReadViaStream(ctx, 1000)
	must(t, err)
	defer drop(in, out, end, beyond)
	if b, err := in.Read(ctx, 0); err != nil || len(b) != 0 {
		t.Errorf("read of 0 gave %q, error %v", b, err)
	}
	if b, err := in.Read(ctx, 2); err != nil || string(b) != "34" {
		t.Errorf("read gave %q, error %v", b, err)
	}
	if n, err := in.Skip(ctx, 1); err != nil || n != 1 {
		t.Errorf("skip gave %d, error %v", n, err)
	}
	for _, s := range []string{"ab", "cd"} {
		must(t, errors.Join(out.BlockingWriteAndFlush(ctx, []byte(s)), end.BlockingWriteAndFlush(ctx, []byte("+"))))
	}
	// "cd" goes to 10, where the first "+" was appended.
	if got := content(t, dir, "file"); got != "01234567abcd+" {
		t.Errorf("the file became %q", got)
	}
	if got := readAll(t, in); got != "67abcd+" {
		t.Errorf("the rest is %q", got)
	}
	if got := readAll(t, beyond); got != "" {
		t.Errorf("beyond the end is %q", got)
	}
	p, err := in.Subscribe(ctx)
	must(t, err)
	must(t, p.Block(ctx))
}

// TestAppendsDoNotOverwriteEachOther has guests log to one file at the same time.
func TestAppendsDoNotOverwriteEachOther(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("appending is atomic on Linux only")
	}
	const guests, lines = 8, 200
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range guests {
		f := openAt(t, mountOne(t, filesystem.Dir{Host: dir}), "log", create, read|write)
		out, err := f.AppendViaStream(ctx)
		must(t, err)
		defer drop(out)
		line := strings.Repeat(string(rune('a'+i)), 31) + "\n"
		wg.Go(func() {
			for range lines {
				if err := out.BlockingWriteAndFlush(ctx, []byte(line)); err != nil {
					t.Error(err)
				}
			}
			// The file takes writes at an offset again.
			if n, err := f.Write(ctx, []byte(line[:1]), 0); n != 1 || err != nil {
				t.Errorf("write gave %d, error %v", n, err)
			}
		})
	}
	wg.Wait()
	log := content(t, dir, "log")
	if len(log) != guests*lines*32 {
		t.Errorf("the log has %d bytes, want %d", len(log), guests*lines*32)
	}
	for i, line := range strings.Split(strings.TrimSuffix(log, "\n"), "\n") {
		if i > 0 && line != strings.Repeat(line[:1], 31) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

// TestStreamsCopyAnything splices files of all sizes.
func TestStreamsCopyAnything(t *testing.T) {
	dir := t.TempDir()
	d := mountOne(t, filesystem.Dir{Host: dir})
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 150<<10).Draw(rt, "data")
		if err := os.WriteFile(filepath.Join(dir, "from"), data, 0o666); err != nil {
			rt.Fatal(err)
		}
		from, err := d.OpenAt(ctx, follow, "from", 0, read)
		if err != nil {
			rt.Fatal(err)
		}
		to, err := d.OpenAt(ctx, follow, "to", create|trunc, write)
		if err != nil {
			rt.Fatal(err)
		}
		in, err := from.ReadViaStream(ctx, 0)
		if err != nil {
			rt.Fatal(err)
		}
		out, err := to.AppendViaStream(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		drop(from, to) // the streams hold the files
		for {
			_, err := out.BlockingSplice(ctx, in, rapid.Uint64Range(1, 1<<20).Draw(rt, "length"))
			var f *component.Failure[streams.StreamError]
			if errors.As(err, &f) && f.Err.Tag == streams.StreamErrorTagClosed {
				break
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		drop(in, out)
		got, err := os.ReadFile(filepath.Join(dir, "to"))
		if err != nil || !bytes.Equal(got, data) {
			rt.Fatalf("%d bytes of %d arrived, or others; error %v", len(got), len(data), err)
		}
	})
}

func TestStreamErrorsHaveCodes(t *testing.T) {
	f := openAt(t, mountOne(t, filesystem.Dir{Host: tree(t, map[string]string{"file": "x"})}), "file", 0, read|write)
	out, err := f.WriteViaStream(ctx, math.MaxInt64-1)
	must(t, err)
	defer drop(out)
	err = out.BlockingWriteAndFlush(ctx, []byte("too far"))
	var failed *component.Failure[streams.StreamError]
	if !errors.As(err, &failed) || failed.Err.Tag != streams.StreamErrorTagLastOperationFailed {
		t.Fatalf("got error %v, want last-operation-failed", err)
	}
	got, err := filesystem.NewTypes().FilesystemErrorCode(ctx, failed.Err.LastOperationFailed)
	if err != nil || !got.Some || got.Value != types.ErrorCodeFileTooLarge && got.Value != types.ErrorCodeInvalid {
		t.Errorf("filesystem-error-code gave %v, error %v", got, err)
	}
	text, err := failed.Err.LastOperationFailed.ToDebugString(ctx)
	if err != nil || text != got.Value.String() {
		t.Errorf("to-debug-string gave %q, error %v", text, err)
	}
	for _, e := range []types.Error{io.NewError(errors.New("something else")), io.NewError(os.ErrNotExist), foreignError{}} {
		got, err := filesystem.NewTypes().FilesystemErrorCode(ctx, e)
		if err != nil || got.Some {
			t.Errorf("filesystem-error-code of %T gave %v, error %v", e, got, err)
		}
	}
}

type foreignError struct{}

func (foreignError) ToDebugString(context.Context) (string, error) { return "", nil }

func TestTimes(t *testing.T) {
	dir := tree(t, map[string]string{"file": "x", "sub/": ""})
	must(t, os.Symlink("file", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	f := openAt(t, d, "file", 0, read)
	sub := openAt(t, d, "sub", 0, read)
	at := func(seconds uint64, nanos uint32) types.NewTimestamp {
		return types.NewTimestamp{Tag: types.NewTimestampTagTimestamp, Timestamp: wallclock.Datetime{Seconds: seconds, Nanoseconds: nanos}}
	}
	keep, now := types.NewTimestamp{}, types.NewTimestamp{Tag: types.NewTimestampTagNow}
	for name, c := range map[string]struct {
		set  func(a, m types.NewTimestamp) error
		stat func() (types.DescriptorStat, error)
	}{
		"file":      {func(a, m types.NewTimestamp) error { return f.SetTimes(ctx, a, m) }, func() (types.DescriptorStat, error) { return f.Stat(ctx) }},
		"directory": {func(a, m types.NewTimestamp) error { return sub.SetTimes(ctx, a, m) }, func() (types.DescriptorStat, error) { return sub.Stat(ctx) }},
		"path":      {func(a, m types.NewTimestamp) error { return d.SetTimesAt(ctx, follow, "link", a, m) }, func() (types.DescriptorStat, error) { return d.StatAt(ctx, follow, "file") }},
	} {
		check := func(wantAccess, wantModification wallclock.Datetime) {
			t.Helper()
			s, err := c.stat()
			must(t, err)
			if diff := cmp.Diff([]component.Option[wallclock.Datetime]{component.Some(wantAccess), component.Some(wantModification)},
				[]component.Option[wallclock.Datetime]{s.DataAccessTimestamp, s.DataModificationTimestamp}); diff != "" {
				t.Errorf("%s: times differ:\n%s", name, diff)
			}
		}
		a, m := wallclock.Datetime{Seconds: 1e9, Nanoseconds: 123456000}, wallclock.Datetime{Seconds: 2e9, Nanoseconds: 7000}
		must(t, c.set(at(a.Seconds, a.Nanoseconds), at(m.Seconds, m.Nanoseconds)))
		check(a, m)
		must(t, c.set(keep, at(5, 0)))
		check(a, wallclock.Datetime{Seconds: 5})
		must(t, c.set(at(6, 0), keep))
		check(wallclock.Datetime{Seconds: 6}, wallclock.Datetime{Seconds: 5})
		must(t, c.set(keep, keep))
		check(wallclock.Datetime{Seconds: 6}, wallclock.Datetime{Seconds: 5})
		must(t, c.set(keep, now))
		s, err := c.stat()
		must(t, err)
		if age := time.Since(time.Unix(int64(s.DataModificationTimestamp.Value.Seconds), 0)); age > time.Minute || age < -time.Minute {
			t.Errorf("%s: now is %v ago", name, age)
		}
		wantCode(t, "too many nanoseconds", c.set(keep, at(1, 1e9)), types.ErrorCodeInvalid)
		wantCode(t, "the end of time", c.set(at(math.MaxUint64, 0), keep), types.ErrorCodeOverflow)
	}
	wantCode(t, "set-times-at of a link itself", d.SetTimesAt(ctx, noFollow, "link", now, now), types.ErrorCodeUnsupported)
	wantCode(t, "set-times-at of nothing", d.SetTimesAt(ctx, follow, "none", keep, keep), types.ErrorCodeNoEntry)
}

func TestStat(t *testing.T) {
	dir := tree(t, map[string]string{"file": "12345", "sub/": ""})
	must(t, os.Symlink("file", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	f := openAt(t, d, "file", 0, read)
	s, err := f.Stat(ctx)
	if err != nil || s.Type != types.DescriptorTypeRegularFile || s.Size != 5 || s.LinkCount != 1 || !s.DataModificationTimestamp.Some || !s.DataAccessTimestamp.Some {
		t.Errorf("stat gave %+v, error %v", s, err)
	}
	byPath, err := d.StatAt(ctx, follow, "link")
	if diff := cmp.Diff(s, byPath); diff != "" || err != nil {
		t.Errorf("error %v, stat-at differs:\n%s", err, diff)
	}
	for path, want := range map[string]types.DescriptorType{"link": types.DescriptorTypeSymbolicLink, "sub": types.DescriptorTypeDirectory, ".": types.DescriptorTypeDirectory} {
		if s, err := d.StatAt(ctx, noFollow, path); err != nil || s.Type != want {
			t.Errorf("stat-at %s gave %+v, error %v", path, s, err)
		}
	}
	_, err = d.StatAt(ctx, noFollow, "link/")
	wantCode(t, "stat-at link/", err, types.ErrorCodeNotDirectory)
	_, err = d.StatAt(ctx, follow, strings.Repeat("a/", 3000))
	wantCode(t, "stat-at of a long path", err, types.ErrorCodeNameTooLong)
	_, err = d.StatAt(ctx, follow, strings.Repeat("a", 300))
	wantCode(t, "stat-at of a long name", err, types.ErrorCodeNameTooLong)
}

func TestMetadataHash(t *testing.T) {
	dir := tree(t, map[string]string{"file": "x", "other": "x"})
	must(t, os.Symlink("file", filepath.Join(dir, "link")))
	d := mountOne(t, filesystem.Dir{Host: dir})
	f := openAt(t, d, "file", 0, read|write)
	hash := func(v types.MetadataHashValue, err error) types.MetadataHashValue {
		t.Helper()
		must(t, err)
		return v
	}
	a := hash(f.MetadataHash(ctx))
	if a != hash(d.MetadataHashAt(ctx, follow, "link")) || a != hash(f.MetadataHash(ctx)) {
		t.Error("one file has two hashes")
	}
	others := []types.MetadataHashValue{a, hash(d.MetadataHashAt(ctx, noFollow, "link")), hash(d.MetadataHashAt(ctx, follow, "other")), hash(d.MetadataHash(ctx))}
	for i, x := range others {
		for _, y := range others[:i] {
			if x.Lower == y.Lower || x.Upper == y.Upper {
				t.Error("two files have one hash")
			}
		}
	}
	if hash(d.MetadataHash(ctx)) != hash(d.MetadataHashAt(ctx, follow, ".")) {
		t.Error("one directory has two hashes")
	}
	_, err := f.Write(ctx, []byte("longer"), 0)
	must(t, err)
	if b := hash(f.MetadataHash(ctx)); b.Upper == a.Upper || b.Lower != a.Lower {
		t.Errorf("after a change %v became %v", a, b)
	}
}

func TestIsSameObject(t *testing.T) {
	dir := tree(t, map[string]string{"file": "x", "other": "x", "sub/": ""})
	d := mountOne(t, filesystem.Dir{Host: dir})
	file, again, other := openAt(t, d, "file", 0, read), openAt(t, d, "file", 0, write), openAt(t, d, "other", 0, read)
	sub, subAgain := openAt(t, d, "sub", 0, read), openAt(t, d, "sub/.", 0, read)
	for _, c := range []struct {
		a, b types.Descriptor
		want bool
	}{{file, again, true}, {file, other, false}, {sub, subAgain, true}, {sub, d, false}, {file, d, false}, {d, d, true}} {
		if got, err := c.a.IsSameObject(ctx, c.b); err != nil || got != c.want {
			t.Errorf("is-same-object gave %v, error %v, want %v", got, err, c.want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	f := openAt(b, mountOne(b, filesystem.Dir{Host: tree(b, map[string]string{"file": strings.Repeat("x", 64<<10)})}), "file", 0, read)
	for name, n := range map[string]uint64{"16": 16, "64Ki": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = f.Read(ctx, n, 0)
			}
		})
	}
}
