package instance

import (
	"context"
	"errors"
	"fmt"

	"github.com/wasikv/wasikv/host/internal/abi"
	"github.com/wasikv/wasikv/host/internal/types"
)

// ErrEnded is what calls of a guest that exited or trapped return.
var ErrEnded = errors.New("the guest has ended, instantiate the component again")

// refused says why the guest takes no calls, nil where it does. That the guest
// exited before is not the outcome of this call, so it is told in words only.
func (in *Instance) refused() error {
	switch err := in.guest.Err().(type) {
	case nil:
		return nil
	case *abi.Exit:
		return fmt.Errorf("%w: it exited with status %d", ErrEnded, err.Code)
	default:
		if errors.Is(err, ErrClosed) {
			return err
		}
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
}

// Call calls an exported function, by its index in the plan, with dynamic
// values. The result is the zero Value where the function has none.
//
// An error of the caller's arguments is an *abi.TypeError and leaves the
// instance as it was; any other error has ended the instance: *Trap, or
// *abi.Exit where the guest asked to end.
func (in *Instance) Call(ctx context.Context, index int, args []abi.Value) (result abi.Value, err error) {
	if err := in.refused(); err != nil {
		return result, err
	}
	l := in.lift(index)
	if err := abi.CheckArgs(in.guest, l.spec.Type, args); err != nil {
		return result, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = in.end(recovered(r))
		}
	}()
	return in.invoke(abi.WithGuest(ctx, in.guest), l, args), nil
}

// CallFlat calls an exported function that passes core values only, without
// dynamic values and without allocation: stack holds the parameters and takes
// the result, as the canonical ABI flattens them.
func (in *Instance) CallFlat(ctx context.Context, index int, stack []uint64) (err error) {
	if err := in.refused(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = in.end(recovered(r))
		}
	}()
	l := in.lift(index)
	var task abi.Task
	l.owner.Enter(&task, nil)
	defer task.Leave()
	if err := l.fn.Call(abi.WithGuest(ctx, in.guest), stack); err != nil {
		panic(err)
	}
	task.Returned()
	return nil
}

// invoke runs a lifted function for the host: lower the arguments into the
// callee, call, lift the result, post-return. It panics with what went wrong.
func (in *Instance) invoke(ctx context.Context, l *lifted, args []abi.Value) (result abi.Value) {
	var task abi.Task
	l.owner.Enter(&task, nil)
	defer task.Leave()
	if err := abi.LowerParams(l.frame, l.spec.Type, args, l.stack); err != nil {
		panic(err)
	}
	if err := l.fn.Call(ctx, l.stack); err != nil {
		panic(err)
	}
	task.Returned()
	ret := l.stack[0]
	result = abi.LiftResult(l.frame, l.spec.Type, l.stack)
	l.postReturn(ret)
	return result
}

// CallGuest implements abi.Runtime.
func (in *Instance) CallGuest(ctx context.Context, caller *abi.Frame, lowered int, stack []uint64) {
	spec := &in.component.Plan.Lowered[lowered]
	l := in.lift(spec.Lifted)
	var task abi.Task
	l.owner.Enter(&task, caller.Instance())
	defer task.Leave()
	var lent abi.Lent
	abi.TransferParams(caller, l.frame, spec.Type, stack, l.stack, &lent)
	if err := l.fn.Call(ctx, l.stack); err != nil {
		panic(err)
	}
	task.Returned()
	ret := l.stack[0]
	abi.TransferResult(l.frame, caller, spec.Type, l.stack, stack)
	l.postReturn(ret)
	lent.Return()
}

// postReturn lets the callee free what it returned; ret is the flat result.
func (l *lifted) postReturn(ret uint64) {
	if l.spec.PostReturn == nil {
		return
	}
	l.stack[0] = ret
	l.owner.Forbid()
	defer l.owner.Permit()
	if err := l.post.Call(l.owner.Guest().Quiet(), l.stack); err != nil {
		panic(err)
	}
}

// Destroy implements abi.Runtime.
func (in *Instance) Destroy(ctx context.Context, caller *abi.Instance, r *types.Resource, rep uint32) {
	owner := in.guest.Instance(in.component.Plan.Resources[r.Index].Owner)
	var task abi.Task
	if caller == owner {
		in.guest.Nest()
		defer in.guest.Unnest()
	} else {
		owner.Enter(&task, caller)
		defer task.Leave()
	}
	item := in.component.Plan.Resources[r.Index].Dtor
	if item == nil {
		return
	}
	dtor := &in.dtors[r.Index]
	if !dtor.Ready() {
		*dtor = in.callable(item)
	}
	stack := [1]uint64{uint64(rep)}
	if err := dtor.Call(ctx, stack[:]); err != nil {
		panic(err)
	}
	if caller != owner {
		task.Returned()
	}
}

// destroy runs a destructor for the host, which held the resource.
func (in *Instance) destroy(ctx context.Context, r *types.Resource, rep uint32) (err error) {
	if err := in.refused(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = in.end(recovered(r))
		}
	}()
	in.Destroy(abi.WithGuest(ctx, in.guest), nil, r, rep)
	return nil
}

// end poisons the guest with what a call panicked with, and gives it as the
// error of the call.
func (in *Instance) end(err error) error {
	err = failure(err)
	in.guest.Poison(err)
	return err
}
