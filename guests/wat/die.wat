;; die takes the vacancy of the price that readthrough looks up, and traps: whoever
;; waits for the price is then promoted to find it out.
;;
;; A core module with the canonical ABI's names; the recipe also makes a component
;; of it. It has no realloc, since nothing that it calls returns a list.
(module
  (import "wasi:io/poll@0.2.3" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.3" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:keyvalue/cache@0.1.0" "get-or-set" (func $get_or_set (param i32 i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-get-or-set-result.listen-to-future-get-or-set-result" (func $listen (param i32) (result i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[method]future-get-or-set-result.future-get-or-set-result-get" (func $take (param i32 i32)))
  (import "wasi:keyvalue/cache@0.1.0" "[resource-drop]future-get-or-set-result" (func $drop_future (param i32)))
  (import "wasi:keyvalue/types@0.1.0" "[resource-drop]incoming-value" (func $drop_incoming (param i32)))

  (memory (export "memory") 1)
  (data (i32.const 64) "price:espresso")

  (func $die
    (local $future i32) (local $pollable i32)
    (local.set $future (call $get_or_set (i32.const 64) (i32.const 14)))
    (local.set $pollable (call $listen (local.get $future)))
    (call $block (local.get $pollable))
    (call $drop_pollable (local.get $pollable))
    (call $take (local.get $future) (i32.const 0))
    (call $drop_future (local.get $future))
    ;; some(ok(…)): a vacancy is what it came for; a value it gives back, and ends.
    (if (i32.and (i32.load8_u (i32.const 0)) (i32.eqz (i32.load8_u (i32.const 4))))
      (then
        (if (i32.load8_u (i32.const 8)) (then unreachable))
        (call $drop_incoming (i32.load (i32.const 12))))))

  (func (export "_start") (call $die))
  (func (export "wasi:cli/run@0.2.12#run") (result i32) (call $die) (i32.const 0))
)
