package host

import (
	"context"

	"github.com/wasikv/wasikv/host/component"
	"github.com/wasikv/wasikv/host/internal/plan"
	"github.com/wasikv/wasikv/host/internal/types"
	"github.com/wasikv/wasikv/host/internal/wave"
)

// SyntaxError is a call that is not WAVE, or whose arguments are not values of
// the parameters' types; it tells the column.
type SyntaxError = wave.Error

// Invoke calls an exported function as written in WAVE, the WebAssembly Value
// Encoding: add(1, 2), or my:pkg/iface#greet("you"). The function is found as
// Call finds it; result is what it returned, in WAVE by String, and the zero
// Value where it returns nothing.
//
// Errors: *SyntaxError, and those of Call.
func (in *Instance) Invoke(ctx context.Context, call string) (result component.Value, err error) {
	var f *plan.Export
	_, args, err := wave.ParseCall(call, func(name string) (t *types.Func, err error) {
		if f, err = in.find(name); err != nil {
			return nil, err
		}
		return f.Func, nil
	})
	if err != nil {
		return result, err
	}
	return in.inner.Call(ctx, f.Lifted, args)
}
