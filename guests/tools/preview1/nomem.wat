;; wasi_snapshot_preview1 over WASI 0.2, for guests whose runtime believes that it
;; alone grows memory: mainline Go. The module has no memory of its own and never
;; grows the guest's.
;;
;; It gives arguments, environment, stdin, stdout, stderr, clocks, sleep, random
;; numbers and the exit code. There are no files, directories or sockets: their
;; functions answer badf. Arguments, like environment variables, may come to 8 KB.
;;
;; Scratch is the guest's memory from 4096 to 12288, which GOARCH=wasm leaves
;; alone in wasip1 programs (cmd/link, wasmMinDataAddr): results at 4096, and from
;; 4160 an arena for the lists that the host returns.
;;
;; Go's packages import some functions twice, and the tool coremodule renames the
;; second import: hence the names that end in "~1".
;;
;; As it stands this is the adapter of a reactor. The recipe turns the lines that
;; begin with ";;COMMAND " into code for a command, which exports wasi:cli/run.
(module
  (import "env" "memory" (memory 0))
  (import "wasi:clocks/monotonic-clock@0.2.12" "now" (func $monotonic (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.12" "now" (func $wall (param i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.12" "[resource-drop]input-stream" (func $drop_input (param i32)))
  (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.12" "[resource-drop]output-stream" (func $drop_output (param i32)))
  (import "wasi:io/error@0.2.12" "[resource-drop]error" (func $drop_error (param i32)))
  (import "wasi:cli/environment@0.2.12" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/environment@0.2.12" "get-environment" (func $environment (param i32)))
  (import "wasi:cli/stdin@0.2.12" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.12" "get-stderr" (func $stderr (result i32)))
  (import "wasi:cli/exit@0.2.12" "exit-with-code" (func $exit (param i32)))
  (import "wasi:random/random@0.2.12" "get-random-u64" (func $random (result i64)))
  ;;COMMAND (import "__main_module__" "_start" (func $start))

  ;; The arena: emptied before each call that returns a list; full, it traps.
  (global $top (mut i32) (i32.const 4160))
  (func (export "cabi_import_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $p i32)
    (local.set $p
      (i32.and
        (i32.sub (i32.add (global.get $top) (local.get $align)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $align))))
    (if (i32.gt_u (local.get $size) (i32.sub (i32.const 12288) (local.get $p)))
      (then unreachable))
    (global.set $top (i32.add (local.get $p) (local.get $size)))
    (local.get $p))
  (func $empty (global.set $top (i32.const 4160)))

  ;; preview1 wants strings that end in NUL, one behind the other, and a table of
  ;; pointers to them. An argument is one (pointer, length), a variable two of
  ;; them with "=" between: $parts tells, the list is at 4096.
  (func $sizes (param $parts i32) (param $count i32) (param $bytes i32) (result i32)
    (local $e i32) (local $left i32) (local $sum i32)
    (i32.store (local.get $count) (i32.load (i32.const 4100)))
    (local.set $left (i32.mul (i32.load (i32.const 4100)) (local.get $parts)))
    (local.set $e (i32.load (i32.const 4096)))
    (local.set $sum (local.get $left))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $e))))
        (local.set $e (i32.add (local.get $e) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $bytes) (local.get $sum))
    (i32.const 0))
  (func $strings (param $parts i32) (param $table i32) (param $to i32) (result i32)
    (local $e i32) (local $left i32) (local $part i32) (local $len i32)
    (local.set $left (i32.load (i32.const 4100)))
    (local.set $e (i32.load (i32.const 4096)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (i32.store (local.get $table) (local.get $to))
        (local.set $table (i32.add (local.get $table) (i32.const 4)))
        (local.set $part (local.get $parts))
        (loop $piece
          (local.set $len (i32.load offset=4 (local.get $e)))
          (memory.copy (local.get $to) (i32.load (local.get $e)) (local.get $len))
          (local.set $to (i32.add (local.get $to) (local.get $len)))
          (local.set $part (i32.sub (local.get $part) (i32.const 1)))
          (i32.store8 (local.get $to) (select (i32.const 61) (i32.const 0) (local.get $part)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $e (i32.add (local.get $e) (i32.const 8)))
          (br_if $piece (local.get $part)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (i32.const 0))
  (func (export "args_sizes_get") (param $count i32) (param $bytes i32) (result i32)
    (call $empty)
    (call $arguments (i32.const 4096))
    (call $sizes (i32.const 1) (local.get $count) (local.get $bytes)))
  (func (export "args_get") (param $table i32) (param $to i32) (result i32)
    (call $empty)
    (call $arguments (i32.const 4096))
    (call $strings (i32.const 1) (local.get $table) (local.get $to)))
  (func (export "environ_sizes_get") (param $count i32) (param $bytes i32) (result i32)
    (call $empty)
    (call $environment (i32.const 4096))
    (call $sizes (i32.const 2) (local.get $count) (local.get $bytes)))
  (func (export "environ_get") (param $table i32) (param $to i32) (result i32)
    (call $empty)
    (call $environment (i32.const 4096))
    (call $strings (i32.const 2) (local.get $table) (local.get $to)))

  (func (export "proc_exit") (export "proc_exit~1") (param $code i32)
    (call $exit (local.get $code))
    unreachable)
  (func (export "sched_yield") (result i32) (i32.const 0))

  (func (export "clock_res_get") (param $id i32) (param $out i32) (result i32)
    (i64.store (local.get $out) (i64.const 1))
    (i32.const 0))
  (func (export "clock_time_get") (export "clock_time_get~1") (param $id i32) (param $precision i64) (param $out i32) (result i32)
    (if (i32.eqz (local.get $id))
      (then
        (call $wall (i32.const 4096))
        (i64.store (local.get $out)
          (i64.add
            (i64.mul (i64.load (i32.const 4096)) (i64.const 1000000000))
            (i64.load32_u (i32.const 4104)))))
      (else (i64.store (local.get $out) (call $monotonic))))
    (i32.const 0))

  ;; Waits for the first clock among the subscriptions; without one, nosys. A
  ;; deadline of the realtime clock is met by its distance from now.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $n i32) (param $events i32) (result i32)
    (local $t i64) (local $p i32) (local $now i64)
    (block $none
      (loop $next
        (br_if $none (i32.eqz (local.get $n)))
        (if (i32.eqz (i32.load8_u offset=8 (local.get $in)))
          (then
            (local.set $t (i64.load offset=24 (local.get $in)))
            (if (i32.and (i32.load16_u offset=40 (local.get $in)) (i32.const 1))
              (then
                (if (i32.eqz (i32.load offset=16 (local.get $in)))
                  (then
                    (call $wall (i32.const 4096))
                    (local.set $now
                      (i64.add
                        (i64.mul (i64.load (i32.const 4096)) (i64.const 1000000000))
                        (i64.load32_u (i32.const 4104)))))
                  (else (local.set $now (call $monotonic))))
                (local.set $t
                  (select
                    (i64.sub (local.get $t) (local.get $now))
                    (i64.const 0)
                    (i64.gt_u (local.get $t) (local.get $now))))))
            (local.set $p (call $after (local.get $t)))
            (call $block (local.get $p))
            (call $drop_pollable (local.get $p))
            (i64.store (local.get $out) (i64.load (local.get $in)))
            (i64.store offset=8 (local.get $out) (i64.const 0))
            (i32.store (local.get $events) (i32.const 1))
            (return (i32.const 0))))
        (local.set $in (i32.add (local.get $in) (i32.const 48)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.const 52))

  (func (export "random_get") (export "random_get~1") (param $p i32) (param $n i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (if (i32.ge_u (local.get $n) (i32.const 8))
          (then
            (i64.store (local.get $p) (call $random))
            (local.set $p (i32.add (local.get $p) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 8))))
          (else
            (i64.store8 (local.get $p) (call $random))
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))))
        (br $next)))
    (i32.const 0))

  ;; Reads into the first non-empty buffer, which is all that readers rely on.
  (func (export "fd_read") (param $fd i32) (param $iov i32) (param $n i32) (param $nread i32) (result i32)
    (local $h i32) (local $len i32)
    (if (local.get $fd) (then (return (i32.const 8))))
    (i32.store (local.get $nread) (i32.const 0))
    (block $found
      (loop $next
        (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
        (br_if $found (local.tee $len (i32.load offset=4 (local.get $iov))))
        (local.set $iov (i32.add (local.get $iov) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (call $empty)
    (local.set $h (call $stdin))
    (call $read (local.get $h)
      (i64.extend_i32_u (select (local.get $len) (i32.const 4096) (i32.lt_u (local.get $len) (i32.const 4096))))
      (i32.const 4096))
    (call $drop_input (local.get $h))
    (if (i32.load8_u (i32.const 4096))
      (then
        (if (i32.load8_u (i32.const 4100)) (then (return (i32.const 0)))) ;; closed: the end
        (call $drop_error (i32.load (i32.const 4104)))
        (return (i32.const 29))))
    (memory.copy (i32.load (local.get $iov)) (i32.load (i32.const 4100)) (i32.load (i32.const 4104)))
    (i32.store (local.get $nread) (i32.load (i32.const 4104)))
    (i32.const 0))

  (func $fd_write (param $fd i32) (param $iov i32) (param $n i32) (param $written i32) (result i32)
    (local $h i32) (local $p i32) (local $len i32) (local $k i32) (local $total i32)
    (if (i32.eq (local.get $fd) (i32.const 1))
      (then (local.set $h (call $stdout)))
      (else (if (i32.eq (local.get $fd) (i32.const 2))
        (then (local.set $h (call $stderr)))
        (else (return (i32.const 8))))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $p (i32.load (local.get $iov)))
        (local.set $len (i32.load offset=4 (local.get $iov)))
        (block $buffer_done
          (loop $piece
            (br_if $buffer_done (i32.eqz (local.get $len)))
            (local.set $k (select (local.get $len) (i32.const 4096) (i32.lt_u (local.get $len) (i32.const 4096))))
            (call $write (local.get $h) (local.get $p) (local.get $k) (i32.const 4096))
            (if (i32.load8_u (i32.const 4096))
              (then
                (if (i32.eqz (i32.load8_u (i32.const 4100)))
                  (then (call $drop_error (i32.load (i32.const 4104)))))
                (call $drop_output (local.get $h))
                (return (i32.const 29))))
            (local.set $p (i32.add (local.get $p) (local.get $k)))
            (local.set $len (i32.sub (local.get $len) (local.get $k)))
            (local.set $total (i32.add (local.get $total) (local.get $k)))
            (br $piece)))
        (local.set $iov (i32.add (local.get $iov) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (call $drop_output (local.get $h))
    (i32.store (local.get $written) (local.get $total))
    (i32.const 0))
  (export "fd_write" (func $fd_write))
  (export "fd_write~1" (func $fd_write))

  ;; The three standard descriptors are character devices with all rights.
  (func (export "fd_fdstat_get") (param $fd i32) (param $out i32) (result i32)
    (if (i32.gt_u (local.get $fd) (i32.const 2)) (then (return (i32.const 8))))
    (i64.store (local.get $out) (i64.const 2))
    (i64.store offset=8 (local.get $out) (i64.const -1))
    (i64.store offset=16 (local.get $out) (i64.const -1))
    (i32.const 0))
  (func (export "fd_fdstat_set_flags") (param $fd i32) (param i32) (result i32)
    (select (i32.const 8) (i32.const 0) (i32.gt_u (local.get $fd) (i32.const 2))))
  (func (export "fd_close") (param $fd i32) (result i32)
    (select (i32.const 8) (i32.const 0) (i32.gt_u (local.get $fd) (i32.const 2))))

  ;; No other descriptor exists: badf.
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_tell") (param i32 i32) (result i32) (i32.const 8))
  (func (export "path_create_directory") (export "path_create_directory~1") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (export "path_filestat_get~1") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_set_times") (export "path_filestat_set_times~1") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "path_link") (export "path_link~1") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "path_readlink") (export "path_readlink~1") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_remove_directory") (export "path_remove_directory~1") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_rename") (export "path_rename~1") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_symlink") (export "path_symlink~1") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_unlink_file") (export "path_unlink_file~1") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8))

  ;;COMMAND (func (export "wasi:cli/run@0.2.12#run") (result i32) (call $start) (i32.const 0))
)
