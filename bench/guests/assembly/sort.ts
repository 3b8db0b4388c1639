// Sorts 400,000 numbers by a quicksort of its own, four times.
import { finish } from './guest';

function sort(list: StaticArray<u32>, low: i32, high: i32): void {
  while (low < high) {
    const pivot = list[(low + high) >>> 1];
    let i = low,
      j = high;
    while (i <= j) {
      while (list[i] < pivot) i++;
      while (list[j] > pivot) j--;
      if (i <= j) {
        const held = list[i];
        list[i++] = list[j];
        list[j--] = held;
      }
    }
    if (j - low < high - i) {
      sort(list, low, j);
      low = i;
    } else {
      sort(list, i, high);
      high = j;
    }
  }
}

export function run_e(pointer: i32, length: i32, ident: i32): void {
  const list = new StaticArray<u32>(400_000);
  let check: u32 = 0;
  for (let round: u32 = 0; round < 4; round++) {
    let seed: u32 = 0x9e3779b9 + round;
    for (let i = 0; i < list.length; i++) {
      seed ^= seed << 13;
      seed ^= seed >> 17;
      seed ^= seed << 5;
      list[i] = seed;
    }
    sort(list, 0, list.length - 1);
    for (let i = 1; i < list.length; i++) if (list[i - 1] > list[i]) unreachable();
    check ^= list[round];
  }
  finish(check, ident);
}
export * from './guest';
