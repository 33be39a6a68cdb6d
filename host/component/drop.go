package component

import "context"

// Dropper is implemented by host resources that end when the guest drops
// them. Compare Abandoner.
type Dropper interface{ Drop(ctx context.Context) }

// DropObject ends an object that a guest dropped, where it is a Dropper.
func DropObject(ctx context.Context, object any) {
	if d, ok := object.(Dropper); ok {
		d.Drop(ctx)
	}
}
