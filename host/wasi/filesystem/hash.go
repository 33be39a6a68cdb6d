package filesystem

import (
	"hash/maphash"
	"io/fs"

	"github.com/wasikv/wasikv/bindings/wasi/filesystem/v0_2/types"
)

// identity tells file system objects apart.
type identity struct{ device, object uint64 }

// secret keeps guests from learning the numbers that the host has for files.
var secret = maphash.MakeSeed()

// metadataHash makes a metadata-hash-value. The lower half follows from the
// object's identity alone, since guests take it for the inode number; the upper
// half changes with size and modification time as well.
func metadataHash(id identity, fi fs.FileInfo) types.MetadataHashValue {
	type version struct {
		identity
		size, modified int64
	}
	return types.MetadataHashValue{
		Lower: maphash.Comparable(secret, id),
		Upper: maphash.Comparable(secret, version{id, fi.Size(), fi.ModTime().UnixNano()}),
	}
}

// hash gives the metadata-hash-value of what fi describes, which a resolved path
// below the directory names.
func (d *descriptor) hash(name string, fi fs.FileInfo) (types.MetadataHashValue, error) {
	id, err := identityAt(d.root, name, fi)
	if err != nil {
		return types.MetadataHashValue{}, failPath(err)
	}
	return metadataHash(id, fi), nil
}
