import { compare as compareBytes, utf8 } from '../../kernel/bytes/index.ts';
import type { Expr } from './expression.ts';

/** Whether `a` and `b` are equal; undefined when their kinds differ, which is a type mismatch (`policies.md` §8.2). */
export function equal(a: Expr, b: Expr): boolean | undefined {
  if ((a.kind === 'seq' || a.kind === 'list') && (b.kind === 'seq' || b.kind === 'list')) {
    if (a.kind !== b.kind) return undefined;
    if (a.items.length !== b.items.length) return false;
    for (const [i, item] of a.items.entries()) {
      const same = equal(item, b.items[i] as Expr);
      if (same !== true) return same;
    }
    return true;
  }
  if (a.kind === 'ident' && b.kind === 'ident') return a.name === b.name;
  const order = compareScalars(a, b);
  return order === undefined ? undefined : order === 0;
}

/**
 * The order of `a` and `b`: negative, zero, positive, or NaN where there is none; undefined when their kinds differ
 * (`policies.md` §8.2).
 */
export function compare(a: Expr, b: Expr): number | undefined {
  if ((a.kind === 'seq' || a.kind === 'list') && (b.kind === 'seq' || b.kind === 'list')) {
    if (a.kind !== b.kind) return undefined;
    if (a.items.length !== b.items.length) return a.items.length - b.items.length;
    for (const [i, item] of a.items.entries()) {
      const order = compare(item, b.items[i] as Expr);
      if (order !== 0) return order;
    }
    return 0;
  }
  return compareScalars(a, b);
}

function compareScalars(a: Expr, b: Expr): number | undefined {
  if (a.kind === 'str' && b.kind === 'str') return a.value === b.value ? 0 : compareBytes(utf8(a.value), utf8(b.value));
  if (a.kind === 'int' && b.kind === 'int') return a.value === b.value ? 0 : a.value < b.value ? -1 : 1;
  if (a.kind === 'bool' && b.kind === 'bool') return Number(a.value) - Number(b.value);
  if (a.kind === 'float' && b.kind === 'float') {
    // Not a difference: infinities would give NaN, which stands for "no order".
    return a.value === b.value ? 0 : a.value < b.value ? -1 : a.value > b.value ? 1 : NaN;
  }
  return undefined;
}
