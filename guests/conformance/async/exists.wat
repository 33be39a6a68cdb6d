;; A guest of the async-shaped cache that needs no stream: it asks whether a key
;; exists, and awaits that.
(module
  (import "wasi:keyvalue/cache@0.1.0" "exists" (func $exists (param i32 i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[async method]future-exists-result.get" (func $get (param i32 i32)))
  (memory (export "memory") 1)
  (func $start
    (call $get (call $exists (i32.const 0) (i32.const 0)) (i32.const 16)))
  (start $start))
