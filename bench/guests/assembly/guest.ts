// What every guest here needs: memory for its input, and the end of the call with a number that proves the work.
import { return_result } from './env';

export function allocate(size: i32): usize {
  return heap.alloc(size);
}

export function deallocate(pointer: usize, size: i32): void {
  heap.free(pointer);
}

export function abort(message: usize, file: usize, line: u32, column: u32): void {
  unreachable();
}

export function finish(check: u32, ident: i32): void {
  const result = heap.alloc(4);
  store<u32>(result, check);
  return_result(result, 4, ident);
}
