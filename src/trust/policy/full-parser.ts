import { quoted } from '../../kernel/errors/index.ts';
import { equal } from './compare.ts';
import { type Expr, isOperator, NodeBudget, OPERATORS } from './expression.ts';
import { nextToken } from './tokens.ts';

/** Where and why a text is no full expression. */
export interface FullFault {
  /** Offset of the first character that does not fit; 0 when the text as a whole does not. */
  readonly at: number;
  readonly why: string;
}

/** A list or sequence that is not closed yet. */
interface Open {
  readonly kind: 'list' | 'seq';
  readonly start: number;
  readonly items: Expr[];
}

const CLOSES = { ')': 'list', ']': 'seq' } as const;

/**
 * Parses the full text form (`policies.md` §7): tokens, brackets by a stack, then the rule for the first identifier.
 * @throws {PolicyError} POLICY_TOO_COMPLEX
 */
export function parseFull(text: string): Expr | FullFault {
  const top: Open = { kind: 'list', start: 0, items: [] };
  const open: Open[] = [top];
  const budget = new NodeBudget();
  let at = 0;
  for (;;) {
    const token = nextToken(text, at);
    if (token === undefined) break;
    if (token.kind === 'fault') return { at: token.start, why: token.why };
    at = token.end;
    const inner = open.at(-1) ?? top;
    switch (token.kind) {
      case '(':
      case '[':
        budget.take(open.length - 1);
        open.push({ kind: token.kind === '(' ? 'list' : 'seq', start: token.start, items: [] });
        break;
      case ')':
      case ']': {
        const why = close(open, token.kind);
        if (why !== undefined) return { at: token.start, why };
        break;
      }
      default:
        budget.take(open.length - 1);
        inner.items.push(token.expr);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined && unclosed !== top) {
    return { at: unclosed.start, why: unclosed.kind === 'list' ? '( is not closed' : '[ is not closed' };
  }
  if (top.items.length > 1) budget.take(budget.deepest + 1);
  return whole(top.items);
}

/** Closes the innermost bracket; the reason when it is another one or none. */
function close(open: Open[], bracket: ')' | ']'): string | undefined {
  const inner = open.at(-1);
  const outer = open.at(-2);
  if (inner === undefined || outer === undefined || inner.kind !== CLOSES[bracket]) {
    return `${bracket} closes nothing`;
  }
  if (inner.kind === 'seq') {
    const clash = inner.items.findIndex((item, i) => i > 0 && equal(inner.items[i - 1] as Expr, item) === undefined);
    if (clash > 0) return `items ${clash} and ${clash + 1} of the sequence are of different types`;
  }
  open.pop();
  outer.items.push({ kind: inner.kind, items: inner.items });
  return undefined;
}

/** Several expressions side by side are the list of them: `= a b` is `(= a b)`. */
function whole(items: readonly Expr[]): Expr | FullFault {
  const [first] = items;
  if (first === undefined) return { at: 0, why: 'the expression is empty' };
  const expr: Expr = items.length === 1 ? first : { kind: 'list', items };
  const head = headOf(expr);
  if (head?.kind === 'ident' && isOperator(head.name)) return expr;
  const found = head?.kind === 'ident' ? `${quoted(head.name)} is none` : 'there is none';
  return { at: 0, why: `an expression starts with an operator (${OPERATORS.join(' ')}), ${found}` };
}

function headOf(expr: Expr): Expr | undefined {
  let head: Expr | undefined = expr;
  while (head?.kind === 'list') head = head.items[0];
  return head;
}
