// A register machine of eight instructions that counts the steps of the Collatz sequences of 1 … 60,000.
import { finish } from './guest';

const enum Op {
  set,
  add,
  halve,
  triple,
  odd,
  jump,
  equal,
  less,
  halt,
}

const code: StaticArray<i32> = [
  /* 0 */ Op.set,
  0,
  1, // n = 1
  /* 3 */ Op.set,
  1,
  0, // steps = 0
  /* 6 */ Op.set,
  2,
  0, // x = 0
  /* 9 */ Op.add,
  2,
  0, // x += n
  /* 12 */ Op.equal,
  2,
  35, // x == 1: next n
  /* 15 */ Op.add,
  1,
  3, // steps += one
  /* 18 */ Op.odd,
  2,
  27,
  /* 21 */ Op.halve,
  2,
  0,
  /* 24 */ Op.jump,
  12,
  0,
  /* 27 */ Op.triple,
  2,
  0,
  /* 30 */ Op.jump,
  12,
  0,
  /* 33 */ Op.halt,
  0,
  /* 35 */ Op.add,
  0,
  3, // n += one
  /* 38 */ Op.less,
  0,
  6, // n < bound: again
  /* 41 */ Op.halt,
  0,
  0,
];

export function run_e(pointer: i32, length: i32, ident: i32): void {
  const r = new StaticArray<i64>(8);
  r[3] = 1;
  r[4] = 60_000;
  let pc = 0;
  for (;;) {
    const a = code[pc + 1],
      b = code[pc + 2];
    switch (code[pc]) {
      case Op.set:
        r[a] = b;
        pc += 3;
        break;
      case Op.add:
        r[a] += r[b];
        pc += 3;
        break;
      case Op.halve:
        r[a] >>= 1;
        pc += 3;
        break;
      case Op.triple:
        r[a] = r[a] * 3 + 1;
        pc += 3;
        break;
      case Op.odd:
        pc = (r[a] & 1) == 1 ? b : pc + 3;
        break;
      case Op.jump:
        pc = a;
        break;
      case Op.equal:
        pc = r[a] == 1 ? b : pc + 3;
        break;
      case Op.less:
        pc = r[a] < r[4] ? b : pc + 3;
        break;
      default:
        finish(<u32>r[1], ident);
        return;
    }
  }
}
export * from './guest';
