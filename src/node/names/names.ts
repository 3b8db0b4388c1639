import { quoted } from '../../kernel/errors/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: names go into paths, and a socket file's path is short. */
const MAX_NAME = 128;

/** Letters, digits, `_` and `-` (`docs/commands.md` §6.1). @throws {NodeError} NODE_INVALID_NAME */
export function requireNodeName(name: string): string {
  if (/^[\w-]+$/.test(name) && name.length <= MAX_NAME) return name;
  throw new NodeError('NODE_INVALID_NAME', `not a name for a node: ${quoted(name)}`, {
    remedy: `use up to ${MAX_NAME} letters, digits, - and _`,
  });
}

/** As the reference's rule for projects (`docs/commands.md` §6.1). @throws {NodeError} NODE_INVALID_NAME */
export function requireProjectName(name: string): string {
  return requireSeparated(name, 'project');
}

/** The same for spaces. @throws {NodeError} NODE_INVALID_NAME */
export function requireSpaceName(name: string): string {
  return requireSeparated(name, 'space');
}

function requireSeparated(name: string, what: string): string {
  if (/^[a-zA-Z0-9]+(?:[-_.][a-zA-Z0-9]+)*$/.test(name) && name.length <= MAX_NAME) return name;
  throw new NodeError(
    'NODE_INVALID_NAME',
    `${what} name can contain only alphanumeric characters and the '-', '_' and '.' separators. Separators must occur between alphanumeric characters: ${quoted(name)}`,
    { remedy: `choose another one, of at most ${MAX_NAME} characters` },
  );
}
