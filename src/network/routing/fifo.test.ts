import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from './fifo.ts';

test('a fifo does what an array does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant('shift'), fc.constant('clear'), fc.nat()), { size: 'large' }),
      (steps) => {
        const fifo = new Fifo<number>();
        const oracle: number[] = [];
        for (const step of steps) {
          if (step === 'shift') assert.equal(fifo.shift(), oracle.shift());
          else if (step === 'clear') {
            fifo.clear();
            oracle.length = 0;
          } else {
            fifo.push(step);
            oracle.push(step);
          }
          assert.equal(fifo.length, oracle.length);
        }
      },
    ),
  );
});

test('a fifo keeps the order through growth and a rush', () => {
  const fifo = new Fifo<number>();
  let next = 0;
  for (let i = 0; i < 5000; i++) {
    fifo.push(i);
    if (i % 3 === 0) assert.equal(fifo.shift(), next++);
  }
  while (fifo.length > 0) assert.equal(fifo.shift(), next++);
  assert.equal(next, 5000);
  assert.equal(fifo.shift(), undefined);
});
