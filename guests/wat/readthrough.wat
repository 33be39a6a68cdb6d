;; readthrough asks what an espresso costs. Finding out is slow, so the price is
;; kept for a minute: however many guests ask at once, one finds out. It prints
;; "computed" or "hit" and the price.
;;
;; A component written by hand, to read beside the specification: a module with
;; memory and realloc, the host's functions lowered into it, and the program,
;; lifted as wasi:cli/run. It asks for older patch versions than the host has.
(component $readthrough
  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $stream-failure))
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export $pollable "pollable" (type (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer $readthrough $stream-failure (type $error'))
    (export $error "error" (type (eq $error')))
    (type $stream-error' (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export $stream-error "stream-error" (type (eq $stream-error')))
    (export $output-stream "output-stream" (type (sub resource)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $output-stream)) (param "contents" (list u8))
        (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer $readthrough $output-stream (type $output-stream'))
    (export $output-stream "output-stream" (type (eq $output-stream')))
    (export "get-stdout" (func (result (own $output-stream))))))
  (import "wasi:clocks/monotonic-clock@0.2.1" (instance $clock
    (alias outer $readthrough $pollable (type $pollable'))
    (export $pollable "pollable" (type (eq $pollable')))
    (type $duration' u64)
    (export $duration "duration" (type (eq $duration')))
    (export "subscribe-duration" (func (param "when" $duration) (result (own $pollable))))))
  (import "wasi:keyvalue/wasi-keyvalue-error@0.1.0" (instance $keyvalue-error
    (export "error" (type (sub resource)))))
  (alias export $keyvalue-error "error" (type $error))
  (import "wasi:keyvalue/types@0.1.0" (instance $types
    (alias outer $readthrough $error (type $error'))
    (export $error "error" (type (eq $error')))
    (export $outgoing-value "outgoing-value" (type (sub resource)))
    (export "[method]outgoing-value.outgoing-value-write-body-sync"
      (func (param "self" (borrow $outgoing-value)) (param "value" (list u8)) (result (result (error (own $error))))))
    (export $incoming-value "incoming-value" (type (sub resource)))
    (export "[method]incoming-value.incoming-value-consume-sync"
      (func (param "self" (borrow $incoming-value)) (result (result (list u8) (error (own $error))))))))
  (alias export $types "outgoing-value" (type $outgoing-value))
  (alias export $types "incoming-value" (type $incoming-value))
  (import "wasi:keyvalue/cache@0.1.0" (instance $cache
    (alias outer $readthrough $pollable (type $pollable'))
    (alias outer $readthrough $error (type $error'))
    (alias outer $readthrough $outgoing-value (type $outgoing-value'))
    (alias outer $readthrough $incoming-value (type $incoming-value'))
    (export $pollable "pollable" (type (eq $pollable')))
    (export $error "error" (type (eq $error')))
    (export $outgoing-value "outgoing-value" (type (eq $outgoing-value')))
    (export $incoming-value "incoming-value" (type (eq $incoming-value')))
    (export $vacancy "vacancy" (type (sub resource)))
    (export "[method]vacancy.vacancy-fill"
      (func (param "self" (borrow $vacancy)) (param "TTL-ms" (option u32)) (result (own $outgoing-value))))
    (type $entry' (variant (case "occupied" (own $incoming-value)) (case "vacant" (own $vacancy))))
    (export $entry "get-or-set-entry" (type (eq $entry')))
    (export $future "future-get-or-set-result" (type (sub resource)))
    (export "[method]future-get-or-set-result.listen-to-future-get-or-set-result"
      (func (param "self" (borrow $future)) (result (own $pollable))))
    (export "[method]future-get-or-set-result.future-get-or-set-result-get"
      (func (param "self" (borrow $future)) (result (option (result $entry (error (own $error)))))))
    (export "get-or-set" (func (param "k" string) (result (own $future))))))
  (alias export $cache "vacancy" (type $vacancy))
  (alias export $cache "future-get-or-set-result" (type $future))

  ;; 0 return area, 64 the key, 96 "hit ", 100 room for the value and a newline.
  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 64) "price:espresso")
    (data (i32.const 96) "hit ")
    (data (i32.const 256) "computed espresso 2.40 EUR\n")
    ;; The one list that the program asks for is the value.
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (if (i32.gt_u (local.get $size) (i32.const 128)) (then unreachable))
      (i32.const 100)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "cabi_realloc" (core func $realloc))

  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop-pollable (canon resource.drop $pollable))
  (core func $after (canon lower (func $clock "subscribe-duration")))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write
    (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $m)))
  (core func $drop-output (canon resource.drop $output-stream))
  (core func $write-sync
    (canon lower (func $types "[method]outgoing-value.outgoing-value-write-body-sync") (memory $m)))
  (core func $drop-outgoing (canon resource.drop $outgoing-value))
  (core func $consume-sync
    (canon lower (func $types "[method]incoming-value.incoming-value-consume-sync") (memory $m) (realloc $realloc)))
  (core func $drop-incoming (canon resource.drop $incoming-value))
  (core func $get-or-set (canon lower (func $cache "get-or-set") (memory $m)))
  (core func $listen
    (canon lower (func $cache "[method]future-get-or-set-result.listen-to-future-get-or-set-result")))
  (core func $take
    (canon lower (func $cache "[method]future-get-or-set-result.future-get-or-set-result-get") (memory $m)))
  (core func $drop-future (canon resource.drop $future))
  (core func $fill (canon lower (func $cache "[method]vacancy.vacancy-fill")))
  (core func $drop-vacancy (canon resource.drop $vacancy))

  (core module $program
    (import "host" "memory" (memory 1))
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop-pollable" (func $drop_pollable (param i32)))
    (import "host" "after" (func $after (param i64) (result i32)))
    (import "host" "get-stdout" (func $get_stdout (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "drop-output" (func $drop_output (param i32)))
    (import "host" "write-sync" (func $write_sync (param i32 i32 i32 i32)))
    (import "host" "drop-outgoing" (func $drop_outgoing (param i32)))
    (import "host" "consume-sync" (func $consume_sync (param i32 i32)))
    (import "host" "drop-incoming" (func $drop_incoming (param i32)))
    (import "host" "get-or-set" (func $get_or_set (param i32 i32) (result i32)))
    (import "host" "listen" (func $listen (param i32) (result i32)))
    (import "host" "take" (func $take (param i32 i32)))
    (import "host" "drop-future" (func $drop_future (param i32)))
    (import "host" "fill" (func $fill (param i32 i32 i32) (result i32)))
    (import "host" "drop-vacancy" (func $drop_vacancy (param i32)))

    (func $wait (param $pollable i32)
      (call $block (local.get $pollable))
      (call $drop_pollable (local.get $pollable)))

    ;; Writes n bytes at p to stdout; the result is run's: 0 ok, 1 error.
    (func $print (param $p i32) (param $n i32) (result i32)
      (local $out i32)
      (local.set $out (call $get_stdout))
      (call $write (local.get $out) (local.get $p) (local.get $n) (i32.const 0))
      (call $drop_output (local.get $out))
      (i32.load8_u (i32.const 0)))

    (func $hit (param $value i32) (result i32)
      (local $n i32)
      (call $consume_sync (local.get $value) (i32.const 0))
      (call $drop_incoming (local.get $value))
      (if (i32.load8_u (i32.const 0)) (then (return (i32.const 1))))
      (local.set $n (i32.load (i32.const 8)))
      (i32.store8 offset=100 (local.get $n) (i32.const 10))
      (call $print (i32.const 96) (i32.add (local.get $n) (i32.const 5))))

    ;; Finding out takes 50 ms; the price is what follows "computed ".
    (func $compute (param $vacancy i32) (result i32)
      (local $value i32)
      (call $wait (call $after (i64.const 50_000_000)))
      (local.set $value (call $fill (local.get $vacancy) (i32.const 1) (i32.const 60_000)))
      (call $write_sync (local.get $value) (i32.const 265) (i32.const 17) (i32.const 0))
      (call $drop_outgoing (local.get $value))
      (call $drop_vacancy (local.get $vacancy))
      (if (i32.load8_u (i32.const 0)) (then (return (i32.const 1))))
      (call $print (i32.const 256) (i32.const 27)))

    (func (export "run") (result i32)
      (local $future i32)
      (local.set $future (call $get_or_set (i32.const 64) (i32.const 14)))
      (call $wait (call $listen (local.get $future)))
      (call $take (local.get $future) (i32.const 0))
      (call $drop_future (local.get $future))
      (if (i32.load8_u (i32.const 4)) (then (return (i32.const 1))))
      (if (result i32) (i32.load8_u (i32.const 8))
        (then (call $compute (i32.load (i32.const 12))))
        (else (call $hit (i32.load (i32.const 12)))))))

  (core instance $program (instantiate $program
    (with "host" (instance
      (export "memory" (memory $m))
      (export "block" (func $block))
      (export "drop-pollable" (func $drop-pollable))
      (export "after" (func $after))
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))
      (export "drop-output" (func $drop-output))
      (export "write-sync" (func $write-sync))
      (export "drop-outgoing" (func $drop-outgoing))
      (export "consume-sync" (func $consume-sync))
      (export "drop-incoming" (func $drop-incoming))
      (export "get-or-set" (func $get-or-set))
      (export "listen" (func $listen))
      (export "take" (func $take))
      (export "drop-future" (func $drop-future))
      (export "fill" (func $fill))
      (export "drop-vacancy" (func $drop-vacancy))))))

  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run)))
)
