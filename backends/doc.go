// Package backends holds what a cache is made of, for drivers and for those who use one.
//
// It is three things:
//
//   - The interfaces a driver implements: [CacheStore], which every driver has, and
//     [L2CacheBackend], [KvWriter] and [StreamingBackend], which some have. What a driver can do
//     beyond those is found by type assertion: [Immediate], [Creator], [Exister], [Pinger],
//     [Versioned], [Streamer], [StatsReporter].
//   - [Cache], the concrete cache over any CacheStore. It owns the rules a driver should not have
//     to know: time to live, limits, statistics, and the rendezvous of get-or-set.
//   - [Open], which makes a Cache from a URL, and [Register], by which drivers offer themselves.
//
// It is not a driver: those live in packages of their own (backends/inmem, backends/rediscache),
// so that a program links only the ones it imports. It knows nothing of WebAssembly.
//
// # Concurrency
//
// Every type here is safe for concurrent use unless its documentation says otherwise. Driver
// methods are called from many goroutines at once.
//
// # Values and keys
//
// Values are immutable. A slice a Get returns may be shared with the store and with other callers:
// nobody writes to it, ever. A slice handed to a Set belongs to the caller again when Set returns
// (the exceptions say so). Keys are opaque: any bytes, compared exactly, the empty key included. A
// key handed to a method may be a view of memory that is reused afterwards: who keeps it, clones it.
package backends
