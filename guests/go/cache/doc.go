// Package cache lets a Go guest use the wasi:keyvalue/cache@0.1.0 of its host
// without writing ABI code.
//
//	value, hit, err := cache.GetOrSet("price:42", cache.For(time.Minute), func() ([]byte, error) {
//		return fetchPrice(42)
//	})
//
// # Blocking and asynchronous form
//
// [Get], [Set], [GetOrSet], [Exists] and [Delete] wait for the answer. Each has
// a form that only starts the work ([StartGet] and so on) and gives a [Future];
// [WaitAll] and [WaitAny] wait for many of them in one call of wasi:io/poll.
//
// # What a cache promises
//
// Little, on purpose: an entry may be discarded at any time, also right after
// Set returned, and two reads may see different values. It never invents a
// value, and serves none past its [TTL] beyond the usual slack of clocks. Keys
// are any UTF-8 string, compared byte by byte; a key that is not UTF-8 traps.
// The host decides which namespace of which store a guest sees.
//
// # Building
//
// Mainline Go 1.26 or newer, as a core module that wasikv runs as it is:
//
//	GOOS=wasip1 GOARCH=wasm go build -o guest.wasm .
//
// The README beside this module says how the same program becomes a component.
// On any other GOOS the package compiles, so that editors, vet and documentation
// work, but a program that uses it does not link.
//
// # Concurrency
//
// A wasip1 program has one thread, and a call that waits stops all of its
// goroutines: do not wait for a vacancy that another goroutine of the same
// guest holds. Beyond that, goroutines may use the package freely; one Future,
// value or stream belongs to one goroutine at a time.
//
// # Resources
//
// A [Future], [IncomingValue], [OutgoingValue], [Vacancy] or stream is a handle
// to something of the host's. Give each back with its Drop or Close when it is
// no longer wanted; the blocking functions do so by themselves. Drop and Close
// may be called twice.
package cache
