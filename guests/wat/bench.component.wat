;; The benchmark guest as a component written by hand: memory and realloc are a
;; module of their own, so that each host function can be lowered before the
;; module that calls it exists, and neither shim nor fixup is needed.
(component $bench
  (import "wasikv:bench/host@0.1.0" (instance $host
    (export "nop" (func))
    (export "take-string" (func (param "s" string)))
    (export "give-list" (func (param "size" u32) (result (list u8))))
    (export $thing "thing" (type (sub resource)))
    (export "[constructor]thing" (func (result (own $thing))))))
  (alias export $host "thing" (type $thing))
  (import "wasi:io/poll@0.2.3" (instance $poll
    (export $pollable "pollable" (type (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:keyvalue/wasi-keyvalue-error@0.1.0" (instance $keyvalue-error
    (export "error" (type (sub resource)))))
  (alias export $keyvalue-error "error" (type $error))
  (import "wasi:keyvalue/types@0.1.0" (instance $types
    (alias outer $bench $error (type $error'))
    (export $error "error" (type (eq $error')))
    (export $outgoing-value "outgoing-value" (type (sub resource)))
    (export "[static]outgoing-value.new-outgoing-value" (func (result (own $outgoing-value))))
    (export "[method]outgoing-value.outgoing-value-write-body-sync"
      (func (param "self" (borrow $outgoing-value)) (param "value" (list u8)) (result (result (error (own $error))))))
    (export $incoming-value "incoming-value" (type (sub resource)))
    (export "[method]incoming-value.incoming-value-consume-sync"
      (func (param "self" (borrow $incoming-value)) (result (result (list u8) (error (own $error))))))))
  (alias export $types "outgoing-value" (type $outgoing-value))
  (alias export $types "incoming-value" (type $incoming-value))
  (import "wasi:keyvalue/cache@0.1.0" (instance $cache
    (alias outer $bench $pollable (type $pollable'))
    (alias outer $bench $error (type $error'))
    (alias outer $bench $outgoing-value (type $outgoing-value'))
    (alias outer $bench $incoming-value (type $incoming-value'))
    (export $pollable "pollable" (type (eq $pollable')))
    (export $error "error" (type (eq $error')))
    (export $outgoing-value "outgoing-value" (type (eq $outgoing-value')))
    (export $incoming-value "incoming-value" (type (eq $incoming-value')))
    (export $future-get-result "future-get-result" (type (sub resource)))
    (export "[method]future-get-result.listen-to-future-get-result"
      (func (param "self" (borrow $future-get-result)) (result (own $pollable))))
    (export "[method]future-get-result.future-get-result-get"
      (func (param "self" (borrow $future-get-result))
        (result (option (result (option (own $incoming-value)) (error (own $error)))))))
    (export $future-result "future-result" (type (sub resource)))
    (export "[method]future-result.listen-to-future-result"
      (func (param "self" (borrow $future-result)) (result (own $pollable))))
    (export "[method]future-result.future-result-get"
      (func (param "self" (borrow $future-result)) (result (option (result (error (own $error)))))))
    (export "get" (func (param "k" string) (result (own $future-get-result))))
    (export "set" (func (param "k" string) (param "v" (borrow $outgoing-value)) (param "TTL-ms" (option u32))
      (result (own $future-result))))))
  (alias export $cache "future-get-result" (type $future-get-result))
  (alias export $cache "future-result" (type $future-result))

  (core module $memory
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (if (i32.gt_u (local.get $size) (i32.const 16384)) (then unreachable))
      (i32.const 8192)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "cabi_realloc" (core func $realloc))

  ;;MAIN

  (core func $nop (canon lower (func $host "nop")))
  (core func $take-string (canon lower (func $host "take-string") (memory $m)))
  (core func $give-list (canon lower (func $host "give-list") (memory $m) (realloc $realloc)))
  (core func $new-thing (canon lower (func $host "[constructor]thing")))
  (core func $drop-thing (canon resource.drop $thing))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop-pollable (canon resource.drop $pollable))
  (core func $new-outgoing (canon lower (func $types "[static]outgoing-value.new-outgoing-value")))
  (core func $write-sync
    (canon lower (func $types "[method]outgoing-value.outgoing-value-write-body-sync") (memory $m)))
  (core func $drop-outgoing (canon resource.drop $outgoing-value))
  (core func $consume-sync
    (canon lower (func $types "[method]incoming-value.incoming-value-consume-sync") (memory $m) (realloc $realloc)))
  (core func $drop-incoming (canon resource.drop $incoming-value))
  (core func $get (canon lower (func $cache "get") (memory $m)))
  (core func $listen-get (canon lower (func $cache "[method]future-get-result.listen-to-future-get-result")))
  (core func $take-get (canon lower (func $cache "[method]future-get-result.future-get-result-get") (memory $m)))
  (core func $drop-get (canon resource.drop $future-get-result))
  (core func $set (canon lower (func $cache "set") (memory $m)))
  (core func $listen-set (canon lower (func $cache "[method]future-result.listen-to-future-result")))
  (core func $take-set (canon lower (func $cache "[method]future-result.future-result-get") (memory $m)))
  (core func $drop-set (canon resource.drop $future-result))

  (core instance $main (instantiate $main
    (with "env" (instance $memory))
    (with "wasikv:bench/host@0.1.0" (instance
      (export "nop" (func $nop))
      (export "take-string" (func $take-string))
      (export "give-list" (func $give-list))
      (export "[constructor]thing" (func $new-thing))
      (export "[resource-drop]thing" (func $drop-thing))))
    (with "wasi:io/poll@0.2.3" (instance
      (export "[method]pollable.block" (func $block))
      (export "[resource-drop]pollable" (func $drop-pollable))))
    (with "wasi:keyvalue/types@0.1.0" (instance
      (export "[static]outgoing-value.new-outgoing-value" (func $new-outgoing))
      (export "[method]outgoing-value.outgoing-value-write-body-sync" (func $write-sync))
      (export "[resource-drop]outgoing-value" (func $drop-outgoing))
      (export "[method]incoming-value.incoming-value-consume-sync" (func $consume-sync))
      (export "[resource-drop]incoming-value" (func $drop-incoming))))
    (with "wasi:keyvalue/cache@0.1.0" (instance
      (export "get" (func $get))
      (export "[method]future-get-result.listen-to-future-get-result" (func $listen-get))
      (export "[method]future-get-result.future-get-result-get" (func $take-get))
      (export "[resource-drop]future-get-result" (func $drop-get))
      (export "set" (func $set))
      (export "[method]future-result.listen-to-future-result" (func $listen-set))
      (export "[method]future-result.future-result-get" (func $take-set))
      (export "[resource-drop]future-result" (func $drop-set))))))

  (func (export "nop") (param "iterations" u32) (result u32) (canon lift (core func $main "nop")))
  (func (export "string20") (param "iterations" u32) (result u32) (canon lift (core func $main "string20")))
  (func (export "list16") (param "iterations" u32) (result u32) (canon lift (core func $main "list16")))
  (func (export "list1024") (param "iterations" u32) (result u32) (canon lift (core func $main "list1024")))
  (func (export "make-drop") (param "iterations" u32) (result u32) (canon lift (core func $main "make-drop")))
  (func (export "get16") (param "iterations" u32) (result u32) (canon lift (core func $main "get16")))
  (func (export "get1024") (param "iterations" u32) (result u32) (canon lift (core func $main "get1024")))
  (func (export "set16") (param "iterations" u32) (result u32) (canon lift (core func $main "set16")))
  (func (export "set1024") (param "iterations" u32) (result u32) (canon lift (core func $main "set1024")))
)
