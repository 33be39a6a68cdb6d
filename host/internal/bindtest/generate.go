// Package bindtest tests what wit-bindgen-host generates against the dynamic
// canonical ABI of package abi: values of every kind go through the adapters
// of a corpus of awkward WIT, and through those of wasi:keyvalue, in a memory
// that moves at each allocation.
//
// It holds tests and the corpus, and is imported by nothing.
package bindtest

//go:generate go run ../../../cmd/wit-bindgen-host -wit wit -world everything -out bindings -prune
