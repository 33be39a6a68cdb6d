package filesystem

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// maxPath bounds paths, which are resolved piece by piece: PATH_MAX of most
// systems.
const maxPath = 4096

// place is a guest's path, taken apart. It may view guest memory: it is valid for
// the call.
//
// It is not what holds the guest inside the root: os.Root does that. It keeps
// the host's own syntax from the guest, which on Windows has other separators,
// streams and devices, and it settles what a trailing slash means.
type place struct {
	name string // as the host spells it, without trailing slashes
	// dir says that the path ends in "/", "/." or "/..": it means a directory,
	// and a symbolic link at its end is followed.
	dir bool
	// dots says that the last element is "." or "..": the path names no entry
	// that could be made or removed.
	dots bool
}

// at takes a path apart.
func at(p string) (place, error) {
	switch {
	case p == "":
		return place{}, fail(types.ErrorCodeNoEntry)
	case len(p) > maxPath:
		return place{}, fail(types.ErrorCodeNameTooLong)
	case p[0] == '/':
		return place{}, fail(types.ErrorCodeNotPermitted)
	}
	name := strings.TrimRight(p, "/")
	last := path.Base(name)
	dots := last == "." || last == ".."
	host, err := hostPath(name)
	if err != nil {
		return place{}, err
	}
	return place{name: host, dir: dots || len(name) < len(p), dots: dots}, nil
}

// hostPath spells a path as the host does, element by element: ".." keeps its
// meaning, which symbolic links make other than a lexical one.
func hostPath(name string) (string, error) {
	elements := strings.Split(name, "/")
	for i, e := range elements {
		if e == ".." || e == "" {
			continue
		}
		h, err := filepath.Localize(e)
		if err != nil {
			return "", fail(types.ErrorCodeInvalid)
		}
		elements[i] = h
	}
	return strings.Join(elements, string(filepath.Separator)), nil
}

// split cuts a place that names an entry into the directory and the entry.
func (p place) split() (dir, entry string) {
	i := strings.LastIndexByte(p.name, filepath.Separator)
	if i < 0 {
		return ".", p.name
	}
	return p.name[:i], p.name[i+1:]
}
