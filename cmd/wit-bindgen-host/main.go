// Command wit-bindgen-host generates Go host bindings from WIT: per interface
// a package with its types, the Go interface that a host implements, and
// Register, which offers an implementation to guests through a
// component.Linker. Parsing WIT takes no other tool. Run it with -help for its
// flags.
//
// For an interface such as
//
//	interface log {
//	  resource sink {
//	    write: func(line: string) -> result<u32, failure>;
//	  }
//	  enum failure { full, closed }
//	  open: func(name: string) -> sink;
//	}
//
// a host author writes
//
//	type host struct{}
//
//	func (host) Open(ctx context.Context, name string) (log.Sink, error) { … }
//
//	type sink struct{ … }
//
//	func (s *sink) Write(ctx context.Context, line string) (uint32, error) {
//		…
//		return 0, component.Fail(log.FailureFull) // the error case
//	}
//
//	func (s *sink) Drop(ctx context.Context) { … } // optional: the guest dropped it
//
//	err := log.Register(linker, host{})
//
// # Types
//
//	bool, s8 … u64, f32, f64    bool, int8 … uint64, float32, float64
//	char, string                rune, string
//	list<u8>, list<T>           []byte, []T
//	option<T>, result<T, E>     component.Option[T], component.Result[T, E]
//	tuple<A, B>                 component.Tuple2[A, B]
//	record                      struct
//	variant                     struct with a Tag and a field per payload
//	enum, flags                 an unsigned integer with constants
//	resource, own, borrow       a Go interface with the resource's methods
//	type a = b, use             type A = B
//
// A function takes a context first and returns an error last. The error ends
// the guest, but for a result<T, E>: there the function returns (T, error), and
// component.Fail makes the error case. Constructors and static functions are
// methods of Host: NewSink, SinkOpen. Names are WIT's in CamelCase; one that Go
// has a use for, or that occurs twice, gets an underscore.
//
// Interfaces of one WIT package in compatible versions are one Go package,
// which wasi:io/poll@0.2.12 has at wasi/io/v0_2/poll. Those that wasikv itself
// has bindings of are taken from there, so that their types are everyone's.
//
// Functions that a world imports directly, exports, and what is beyond the
// component model of WASI 0.2 (asynchronous functions, streams, futures) have
// no bindings; the generator says so.
package main

import (
	"os"

	"github.com/wasikv/wasikv/cmd/wit-bindgen-host/internal/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdout, os.Stderr)) }
