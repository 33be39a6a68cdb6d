package filesystem_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
	"github.com/wasikv/wasikv/bindings/wasi/io/v0_2/streams"
	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/wasi/filesystem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// Short names for what tables are full of.
const (
	read     = types.DescriptorFlagsRead
	write    = types.DescriptorFlagsWrite
	mutate   = types.DescriptorFlagsMutateDirectory
	create   = types.OpenFlagsCreate
	excl     = types.OpenFlagsExclusive
	trunc    = types.OpenFlagsTruncate
	dirOnly  = types.OpenFlagsDirectory
	follow   = types.PathFlagsSymlinkFollow
	noFollow = types.PathFlags(0)
	ok       = types.ErrorCode(math.MaxUint8) // no error
)

// tree makes files and directories ("name/") below a new directory.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if name[len(name)-1] == '/' {
			must(t, os.MkdirAll(p, 0o777))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(p), 0o777))
		must(t, os.WriteFile(p, []byte(content), 0o666))
	}
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mount gives a new guest directories, and returns its descriptors of them.
func mount(t testing.TB, c filesystem.Config) []types.Descriptor {
	t.Helper()
	g := component.NewLinker().NewGuest(ctx, component.Limits{})
	t.Cleanup(func() { g.Close(ctx) })
	must(t, filesystem.Configure(g, c))
	list, err := filesystem.NewPreopens(g).GetDirectories(ctx)
	must(t, err)
	var out []types.Descriptor
	for _, d := range list {
		out = append(out, d.F0)
	}
	return out
}

func mountOne(t testing.TB, d filesystem.Dir) types.Descriptor {
	t.Helper()
	return mount(t, filesystem.Config{Dirs: []filesystem.Dir{d}})[0]
}

// code gives the error code of a failed operation.
func code(t testing.TB, err error) types.ErrorCode {
	t.Helper()
	if err == nil {
		return ok
	}
	var f *component.Failure[types.ErrorCode]
	if !errors.As(err, &f) {
		t.Fatalf("got error %v, want an error code", err)
	}
	return f.Err
}

func name(c types.ErrorCode) string {
	if c == ok {
		return "ok"
	}
	return c.String()
}

func wantCode(t testing.TB, what string, err error, want types.ErrorCode) {
	t.Helper()
	if got := code(t, err); got != want {
		t.Errorf("%s: %s, want %s", what, name(got), name(want))
	}
}

// drop is what the runtime does when a guest drops a handle.
func drop(objects ...any) {
	for _, o := range objects {
		o.(interface{ Drop(context.Context) }).Drop(ctx)
	}
}

func openAt(t testing.TB, d types.Descriptor, path string, how types.OpenFlags, flags types.DescriptorFlags) types.Descriptor {
	t.Helper()
	f, err := d.OpenAt(ctx, follow, path, how, flags)
	must(t, err)
	t.Cleanup(func() { drop(f) })
	return f
}

func readAll(t testing.TB, s streams.InputStream) string {
	t.Helper()
	var all []byte
	for {
		b, err := s.BlockingRead(ctx, math.MaxUint64)
		var f *component.Failure[streams.StreamError]
		if errors.As(err, &f) && f.Err.Tag == streams.StreamErrorTagClosed {
			return string(all)
		}
		must(t, err)
		all = append(all, b...)
	}
}

func content(t testing.TB, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	must(t, err)
	return string(b)
}
