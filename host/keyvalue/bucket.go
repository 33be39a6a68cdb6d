package keyvalue

import (
	"context"

	"github.com/wasikv/wasikv/bindings/wasi/keyvalue/v0_1/types"
)

var _ types.Host = (*guest)(nil)

// BucketOpenBucket is [static]bucket.open-bucket of wasi:keyvalue/types. It
// opens a bucket that exists, and a cache has none: buckets belong to interfaces
// of wasi:keyvalue that this package does not implement.
func (s *guest) BucketOpenBucket(context.Context, string) (types.Bucket, error) {
	return nil, refuse("open-bucket", errNoBucket)
}
