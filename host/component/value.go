package component

import "fmt"

// Option is a WIT option; the zero value is none.
type Option[T any] struct {
	Value T
	Some  bool
}

// Some makes a present option.
func Some[T any](v T) Option[T] { return Option[T]{Value: v, Some: true} }

// Result is a WIT result inside another type; a function's own result is an
// ordinary Go (value, error) pair. Exactly one of Ok and Err counts, by IsErr.
type Result[T, E any] struct {
	Ok    T
	Err   E
	IsErr bool
}

// Ok makes a successful result.
func Ok[T, E any](v T) Result[T, E] { return Result[T, E]{Ok: v} }

// Err makes a failed result.
func Err[T, E any](e E) Result[T, E] { return Result[T, E]{Err: e, IsErr: true} }

// Unit is the payload of a WIT result, or variant case, that has none.
type Unit = struct{}

// Failure carries the error case of a function whose WIT result is
// result<T, E>: an error that is not a *Failure[E] traps the guest.
type Failure[E any] struct{ Err E }

// Fail returns the error case e from a host function.
func Fail[E any](e E) error { return &Failure[E]{Err: e} }

// Error implements error.
func (f *Failure[E]) Error() string { return fmt.Sprintf("%v", f.Err) }

// Tuple2 to Tuple8 are WIT tuples.
type (
	Tuple1[A any]    struct{ F0 A }
	Tuple2[A, B any] struct {
		F0 A
		F1 B
	}
	Tuple3[A, B, C any] struct {
		F0 A
		F1 B
		F2 C
	}
	Tuple4[A, B, C, D any] struct {
		F0 A
		F1 B
		F2 C
		F3 D
	}
	Tuple5[A, B, C, D, E any] struct {
		F0 A
		F1 B
		F2 C
		F3 D
		F4 E
	}
	Tuple6[A, B, C, D, E, F any] struct {
		F0 A
		F1 B
		F2 C
		F3 D
		F4 E
		F5 F
	}
	Tuple7[A, B, C, D, E, F, G any] struct {
		F0 A
		F1 B
		F2 C
		F3 D
		F4 E
		F5 F
		F6 G
	}
	Tuple8[A, B, C, D, E, F, G, H any] struct {
		F0 A
		F1 B
		F2 C
		F3 D
		F4 E
		F5 F
		F6 G
		F7 H
	}
)
