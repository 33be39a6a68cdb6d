package bindtest

import (
	"reflect"

	"github.com/wasikv/wasikv/host/component"
)

// clone copies a value out of guest memory, deeply: what a host function does
// with what it keeps or gives back.
func clone[T any](v T) T { return deepCopy(reflect.ValueOf(&v).Elem()).Interface().(T) }

func deepCopy(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(string([]byte(v.String())))
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(deepCopy(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(deepCopy(v.Field(i)))
		}
	default:
		out.Set(v)
	}
	return out
}

// outcome is clone for a result that is the function's own.
func outcome[T, E any](r component.Result[T, E]) (T, error) {
	r = clone(r)
	if r.IsErr {
		return r.Ok, component.Fail(r.Err)
	}
	return r.Ok, nil
}
