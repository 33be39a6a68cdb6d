// Package keyvalue implements wasi:keyvalue/types, wasi-keyvalue-error and
// cache @0.1.0 for hosts, over a backends.Cache.
//
// Interfaces and resources, one file each:
//
//   - wasi:keyvalue/cache: cache.go has its functions; get.go, exists.go,
//     result.go and getorset.go the four futures, over what future.go has for
//     all of them; vacancy.go the vacancy.
//   - wasi:keyvalue/types: outgoing.go, incoming.go, and bucket.go.
//   - wasi:keyvalue/wasi-keyvalue-error: error.go.
//
// Register offers them in a component.Linker, Configure says which namespace of
// the cache a guest sees, and Instantiate serves core modules of an embedder's
// own wazero.Runtime.
//
// # Asynchrony
//
// A call starts its work and returns a future at once. Over a cache in memory
// the work is done by then and nothing else runs. Over any other cache a
// goroutine does it; a get-or-set that waits for somebody else's vacancy is a
// place in line and no goroutine. Futures progress without being polled, and
// idle pollables cost nothing.
//
// Dropping the future of a get, exists or get-or-set cancels what is pending.
// A set or delete runs to its end, also when its future is dropped; when the
// guest ends, they are given a few seconds for it.
//
// # What the interfaces leave open
//
//   - A future gives its outcome once; further tries give an error. Its
//     pollables stay ready.
//   - A set stores what is written to the value by the time of the call.
//   - A vacancy is filled by the first of: a successful synchronous write, the
//     guest's drop of the body stream; either returns when the store has the
//     value. Dropping the vacancy, or the value unwritten, passes it to the next
//     in line; so does a guest that traps, exits or is closed, whatever it had
//     written to a stream.
//   - A fill that comes too late is written in vain, without an error.
//   - A TTL of zero acts as a delete.
//
// # Limits
//
// A guest has at most Limits.Futures operations under way: those that did not
// end at once count until their outcome is taken or the future dropped, and
// writes until they are done. It holds at most Limits.Vacancies vacancies, and
// no more bytes of values outside its memory than Limits.Futures values of the
// largest size that the cache takes. Keys and values over the cache's limits,
// and everything over these, are errors to the guest and never traps.
//
// # Errors
//
// What a guest reads of an error says what failed and what to do about it. It
// is made from the kind of the failure alone, so that nothing of the store's
// address, its credentials or other namespaces can be in it.
//
// # Concurrency
//
// Everything of one guest belongs to the goroutine that calls it. Guests share
// nothing but the cache.
package keyvalue
