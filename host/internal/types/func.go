package types

import "context"

// DropFunc ends a host resource that a guest dropped.
type DropFunc func(ctx context.Context, object any)

// Func is a component function type.
type Func struct {
	Params []Field // Name and Type; Offset is the place in the spilled tuple
	Result *Type   // nil: none

	// ParamTuple lays the parameters out for memory, ResultFlat and ParamFlat
	// for registers.
	ParamTuple *Type
	// SpillParams says that the parameters go through memory: a pointer to
	// ParamTuple is passed instead.
	SpillParams bool
	// SpillResult says that the result goes through memory.
	SpillResult bool
}

// NewFunc makes a function type; result may be nil.
func NewFunc(params []Field, result *Type) (*Func, error) {
	tuple, err := newProduct(Tuple, params)
	if err != nil {
		return nil, err
	}
	f := &Func{Params: params, Result: result, ParamTuple: tuple, SpillParams: tuple.FlatCount > MaxFlat}
	f.SpillResult = result != nil && result.FlatCount > MaxFlatResults
	return f, nil
}

// Direction tells which way a function crosses the component boundary.
type Direction uint8

const (
	// Lift is the view of the component that implements the function.
	Lift Direction = iota
	// Lower is the view of the component that calls it.
	Lower
)

// Core gives the core signature that the canonical ABI assigns to the
// function (flatten_functype).
func (f *Func) Core(d Direction) (params, results []CoreType) {
	params = f.ParamTuple.Flat
	if f.SpillParams {
		params = []CoreType{I32}
	}
	switch {
	case f.Result == nil:
	case !f.SpillResult:
		results = f.Result.Flat
	case d == Lift:
		results = []CoreType{I32}
	default:
		params = append(params[:len(params):len(params)], I32)
	}
	return params, results
}
