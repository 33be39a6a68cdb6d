package component

import "errors"

// AsFailure finds the error case that Fail put into an error. Adapters ask
// for it with the error type of the function's result: a Failure of another
// type does not count.
func AsFailure[E any](err error) (*Failure[E], bool) {
	if f, ok := err.(*Failure[E]); ok {
		return f, f != nil
	}
	var f *Failure[E]
	return f, errors.As(err, &f) && f != nil
}
