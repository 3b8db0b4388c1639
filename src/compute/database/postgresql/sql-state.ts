/** What a server says about an error, as far as it holds none of the statement's values. */
import { escapeGuestText } from '../../capability/index.ts';

/** Classes of PostgreSQL's error codes that operators meet. */
const MEANINGS: Readonly<Record<string, string>> = {
  '08': 'connection exception',
  '22': 'a value does not fit its type',
  '23': 'a constraint is violated',
  '25': 'the transaction does not allow it',
  '28': 'user or password are wrong, or the user may not log in from here',
  '3D': 'there is no such database',
  '40': 'the transaction was rolled back',
  '42': 'the statement is wrong, or the user may not run it',
  '53': 'the server lacks resources, such as connections',
  '55': 'the object is in use',
  '57': 'an operator, a time limit or a cancel request stopped it',
  '58': 'the server has trouble of its own',
  XX: 'the server has a defect',
};

/** The SQLSTATE of a server's error with its meaning, and the names it gives; undefined when `error` is none. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  if (!/^[\dA-Z]{5}$/.test(error.code) || !('severity' in error)) return undefined;
  const meaning = MEANINGS[error.code.slice(0, 2)];
  const names = (['schema', 'table', 'column', 'constraint'] as const).flatMap((key) => {
    const name: unknown = Reflect.get(error, key);
    return typeof name === 'string' ? [`${key} ${escapeGuestText(name, 64)}`] : [];
  });
  return [`SQLSTATE ${error.code}${meaning === undefined ? '' : `, ${meaning}`}`, ...names].join('; ');
}
