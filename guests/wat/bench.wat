;; The benchmark guest: loops over calls to the host, see bench.wit.
;;
;; As it stands this is a core module with the canonical ABI's names. The recipe
;; makes two components of it: through the component encoder, with the shim and
;; fixup modules that toolchains produce, and spliced into bench.component.wat,
;; where the host's functions are bound without them.
(module
  (import "wasikv:bench/host@0.1.0" "nop" (func $host_nop))
  (import "wasikv:bench/host@0.1.0" "take-string" (func $take_string (param i32 i32)))
  (import "wasikv:bench/host@0.1.0" "give-list" (func $give_list (param i32 i32)))
  (import "wasikv:bench/host@0.1.0" "[constructor]thing" (func $new_thing (result i32)))
  (import "wasikv:bench/host@0.1.0" "[resource-drop]thing" (func $drop_thing (param i32)))
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:keyvalue/types@0.1.0" "[static]outgoing-value.new-outgoing-value" (func $new_outgoing (result i32)))
  (import "wasi:keyvalue/types@0.1.0" "[method]outgoing-value.outgoing-value-write-body-sync" (func $write_sync (param i32 i32 i32 i32)))
  (import "wasi:keyvalue/types@0.1.0" "[resource-drop]outgoing-value" (func $drop_outgoing (param i32)))
  (import "wasi:keyvalue/types@0.1.0" "[method]incoming-value.incoming-value-consume-sync" (func $consume_sync (param i32 i32)))
  (import "wasi:keyvalue/types@0.1.0" "[resource-drop]incoming-value" (func $drop_incoming (param i32)))
  (import "wasi:keyvalue/cache@0.1.0" "get" (func $get (param i32 i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-get-result.listen-to-future-get-result" (func $listen_get (param i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-get-result.future-get-result-get" (func $take_get (param i32 i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[resource-drop]future-get-result" (func $drop_get (param i32)))
  (import "wasi:keyvalue/cache@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-result.listen-to-future-result" (func $listen_set (param i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-result.future-result-get" (func $take_set (param i32 i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[resource-drop]future-result" (func $drop_set (param i32)))

  ;; 0 return area, 64 "bench:16", 80 "bench:1024", 96 the string, 1024 the value
  ;; to set, 8192 where the host places what it returns: read before the next.
  (memory (export "memory") 1)
  (data (i32.const 64) "bench:16")
  (data (i32.const 80) "bench:1024")
  (data (i32.const 96) "twenty bytes of text")
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (i32.const 16384)) (then unreachable))
    (i32.const 8192))

  (func (export "nop") (param $n i32) (result i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (call $host_nop)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))

  (func (export "string20") (param $n i32) (result i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (call $take_string (i32.const 96) (i32.const 20))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))

  (func $lists (param $size i32) (param $n i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (call $give_list (local.get $size) (i32.const 0))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 4))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $sum))
  (func (export "list16") (param i32) (result i32) (call $lists (i32.const 16) (local.get 0)))
  (func (export "list1024") (param i32) (result i32) (call $lists (i32.const 1024) (local.get 0)))

  (func (export "make-drop") (param $n i32) (result i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (call $drop_thing (call $new_thing))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $i))

  (func $gets (param $key i32) (param $len i32) (param $n i32) (result i32)
    (local $sum i32) (local $future i32) (local $pollable i32) (local $value i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $future (call $get (local.get $key) (local.get $len)))
        (local.set $pollable (call $listen_get (local.get $future)))
        (call $block (local.get $pollable))
        (call $drop_pollable (local.get $pollable))
        (call $take_get (local.get $future) (i32.const 0))
        (call $drop_get (local.get $future))
        ;; some(ok(some(value))), else the next round
        (br_if $next
          (i32.or
            (i32.load8_u (i32.const 4))
            (i32.eqz (i32.and (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const 8))))))
        (local.set $value (i32.load (i32.const 12)))
        (call $consume_sync (local.get $value) (i32.const 0))
        (if (i32.eqz (i32.load8_u (i32.const 0)))
          (then (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 8))))))
        (call $drop_incoming (local.get $value))
        (br $next)))
    (local.get $sum))
  (func (export "get16") (param i32) (result i32) (call $gets (i32.const 64) (i32.const 8) (local.get 0)))
  (func (export "get1024") (param i32) (result i32) (call $gets (i32.const 80) (i32.const 10) (local.get 0)))

  (func $sets (param $key i32) (param $len i32) (param $size i32) (param $n i32) (result i32)
    (local $stored i32) (local $future i32) (local $pollable i32) (local $value i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $value (call $new_outgoing))
        (call $write_sync (local.get $value) (i32.const 1024) (local.get $size) (i32.const 0))
        (local.set $future
          (call $set (local.get $key) (local.get $len) (local.get $value) (i32.const 0) (i32.const 0)))
        (local.set $pollable (call $listen_set (local.get $future)))
        (call $block (local.get $pollable))
        (call $drop_pollable (local.get $pollable))
        (call $take_set (local.get $future) (i32.const 0))
        (call $drop_set (local.get $future))
        (call $drop_outgoing (local.get $value))
        ;; some(ok)
        (local.set $stored
          (i32.add
            (local.get $stored)
            (i32.and (i32.load8_u (i32.const 0)) (i32.eqz (i32.load8_u (i32.const 4))))))
        (br $next)))
    (local.get $stored))
  (func (export "set16") (param i32) (result i32)
    (call $sets (i32.const 64) (i32.const 8) (i32.const 16) (local.get 0)))
  (func (export "set1024") (param i32) (result i32)
    (call $sets (i32.const 80) (i32.const 10) (i32.const 1024) (local.get 0)))
)
