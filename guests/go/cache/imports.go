package cache

import "unsafe"

// The canonical ABI's flat form of every import that the package uses. Results
// that do not fit into one core value are written to an area.

//go:wasmimport wasi:keyvalue/cache@0.1.0 get
func cacheGet(k string) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 exists
func cacheExists(k string) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 set
func cacheSet(k string, value, ttlCase, ttl uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 get-or-set
func cacheGetOrSet(k string) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 delete
func cacheDelete(k string) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-get-result.future-get-result-get
func futureGetResultGet(self uint32, result *area)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-get-result.listen-to-future-get-result
func futureGetResultListen(self uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [resource-drop]future-get-result
func futureGetResultDrop(self uint32)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-exists-result.future-exists-result-get
func futureExistsResultGet(self uint32, result *area)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-exists-result.listen-to-future-exists-result
func futureExistsResultListen(self uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [resource-drop]future-exists-result
func futureExistsResultDrop(self uint32)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-result.future-result-get
func futureResultGet(self uint32, result *area)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-result.listen-to-future-result
func futureResultListen(self uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [resource-drop]future-result
func futureResultDrop(self uint32)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-get-or-set-result.future-get-or-set-result-get
func futureGetOrSetResultGet(self uint32, result *area)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]future-get-or-set-result.listen-to-future-get-or-set-result
func futureGetOrSetResultListen(self uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [resource-drop]future-get-or-set-result
func futureGetOrSetResultDrop(self uint32)

//go:wasmimport wasi:keyvalue/cache@0.1.0 [method]vacancy.vacancy-fill
func vacancyFill(self, ttlCase, ttl uint32) uint32

//go:wasmimport wasi:keyvalue/cache@0.1.0 [resource-drop]vacancy
func vacancyDrop(self uint32)

//go:wasmimport wasi:keyvalue/types@0.1.0 [static]outgoing-value.new-outgoing-value
func newOutgoingValue() uint32

//go:wasmimport wasi:keyvalue/types@0.1.0 [method]outgoing-value.outgoing-value-write-body-async
func outgoingValueWriteBodyAsync(self uint32, result *area)

//go:wasmimport wasi:keyvalue/types@0.1.0 [method]outgoing-value.outgoing-value-write-body-sync
func outgoingValueWriteBodySync(self uint32, ptr unsafe.Pointer, n uint32, result *area)

//go:wasmimport wasi:keyvalue/types@0.1.0 [resource-drop]outgoing-value
func outgoingValueDrop(self uint32)

//go:wasmimport wasi:keyvalue/types@0.1.0 [method]incoming-value.incoming-value-consume-sync
func incomingValueConsumeSync(self uint32, result *area)

//go:wasmimport wasi:keyvalue/types@0.1.0 [method]incoming-value.incoming-value-consume-async
func incomingValueConsumeAsync(self uint32, result *area)

//go:wasmimport wasi:keyvalue/types@0.1.0 [method]incoming-value.incoming-value-size
func incomingValueSize(self uint32, result *area)

//go:wasmimport wasi:keyvalue/types@0.1.0 [resource-drop]incoming-value
func incomingValueDrop(self uint32)

//go:wasmimport wasi:keyvalue/wasi-keyvalue-error@0.1.0 [method]error.trace
func errorTrace(self uint32, result *area)

//go:wasmimport wasi:keyvalue/wasi-keyvalue-error@0.1.0 [resource-drop]error
func errorDrop(self uint32)

//go:wasmimport wasi:io/poll@0.2.3 poll
func poll(pollables unsafe.Pointer, n uint32, result *area)

//go:wasmimport wasi:io/poll@0.2.3 [method]pollable.ready
func pollableReady(self uint32) uint32

//go:wasmimport wasi:io/poll@0.2.3 [method]pollable.block
func pollableBlock(self uint32)

//go:wasmimport wasi:io/poll@0.2.3 [resource-drop]pollable
func pollableDrop(self uint32)

//go:wasmimport wasi:io/streams@0.2.3 [method]input-stream.blocking-read
func inputStreamBlockingRead(self uint32, n uint64, result *area)

//go:wasmimport wasi:io/streams@0.2.3 [resource-drop]input-stream
func inputStreamDrop(self uint32)

//go:wasmimport wasi:io/streams@0.2.3 [method]output-stream.check-write
func outputStreamCheckWrite(self uint32, result *area)

//go:wasmimport wasi:io/streams@0.2.3 [method]output-stream.write
func outputStreamWrite(self uint32, ptr unsafe.Pointer, n uint32, result *area)

//go:wasmimport wasi:io/streams@0.2.3 [method]output-stream.blocking-flush
func outputStreamBlockingFlush(self uint32, result *area)

//go:wasmimport wasi:io/streams@0.2.3 [method]output-stream.subscribe
func outputStreamSubscribe(self uint32) uint32

//go:wasmimport wasi:io/streams@0.2.3 [resource-drop]output-stream
func outputStreamDrop(self uint32)

//go:wasmimport wasi:io/error@0.2.3 [method]error.to-debug-string
func streamErrorToDebugString(self uint32, result *area)

//go:wasmimport wasi:io/error@0.2.3 [resource-drop]error
func streamErrorDrop(self uint32)

//go:wasmimport wasi:clocks/monotonic-clock@0.2.3 subscribe-duration
func subscribeDuration(nanoseconds uint64) uint32
