package preview1

import "github.com/tetratelabs/wazero/experimental/sys"

// handles are the files that a guest has open: bounded, since each costs the
// host a descriptor, and known, so that all are closed with the guest however
// it ends.
type handles struct {
	open  map[*file]struct{}
	limit int
}

func newHandles(limit int) *handles {
	return &handles{open: map[*file]struct{}{}, limit: limit}
}

// reserve fails where the guest has as many files open as it may.
func (h *handles) reserve() sys.Errno {
	if len(h.open) >= h.limit {
		return sys.EAGAIN
	}
	return 0
}

func (h *handles) add(f *file)    { h.open[f] = struct{}{} }
func (h *handles) remove(f *file) { delete(h.open, f) }

func (h *handles) close() {
	for f := range h.open {
		f.Close()
	}
}
