// Package io implements wasi:io for hosts: error, poll and streams, and what
// other host interfaces build theirs from.
//
// Interfaces, one file each:
//
//   - wasi:io/error: error.go. Error carries a Go error to the guest as text.
//   - wasi:io/poll: poll.go. Pollable joins a Source to the guest; Event is the
//     one-shot Source that most asynchronous operations need, and Watchers is
//     for those whose readiness comes and goes.
//   - wasi:io/streams: streams.go. InputStream over an Input (input.go) and
//     OutputStream over an Output (output.go), with bytes (bytes.go), an
//     io.Reader (reader.go), an io.Writer (writer.go) and a bounded buffer
//     (buffer.go) ready made.
//
// A pollable costs no goroutine: a Source says whether it is ready, and wakes
// the Waker of a poll that waits for it. So one poll mixes timers, streams and
// operations of any interface, also of ones this module does not know.
//
// # Denied by default
//
// The package opens nothing: a guest reaches only the streams and pollables
// that other interfaces give it. What a guest can ask for is bounded: pollables
// a poll by Limits.PollList, bytes a read by MaxTransfer, bytes a write by the
// permit of check-write.
//
// # Concurrency
//
// Streams and pollables belong to the goroutine that calls the guest. Event,
// Watchers and Waker may be used from any goroutine, which is what they are
// for. Every wait ends with the context of the call.
//
// The package is not a general stream library: the methods mirror the WASI ones,
// including their traps.
package io
