;; Returns its input. Seventeen pages of memory with a stack of 1 MiB below the heap, as Rust lays it out.
(module
  (import "env" "return_result" (func $return_result (param $pointer i32) (param $length i32) (param $ident i32)))
  (memory (export "memory") 17)
  (global $heap (mut i32) (i32.const 1048592))

  ;; Takes the next free bytes, eight by eight, and asks for more memory when it has to.
  (func (export "allocate") (param $size i32) (result i32)
    (local $start i32)
    (local $missing i32)
    (local.set $start (global.get $heap))
    (global.set $heap
      (i32.and (i32.add (i32.add (local.get $start) (local.get $size)) (i32.const 7)) (i32.const -8)))
    (local.set $missing
      (i32.sub (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq
              (memory.grow (i32.shr_u (i32.add (local.get $missing) (i32.const 65535)) (i32.const 16)))
              (i32.const -1))
          (then (unreachable)))))
    (local.get $start))

  ;; Everything goes with the instance.
  (func (export "deallocate") (param $pointer i32) (param $size i32))

  (func (export "run_e") (param $pointer i32) (param $length i32) (param $ident i32)
    (call $return_result (local.get $pointer) (local.get $length) (local.get $ident))))
