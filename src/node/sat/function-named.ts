import { parseFunctionReference } from '../../compute/directive/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: names that a remedy lists. */
const MAX_LISTED = 16;

/**
 * The function that `text` names: its full name, or the name with as much of identifier, namespace and version as it takes.
 * @throws {NodeError} NODE_INPUT when none or several are meant · {DirectiveError} DIRECTIVE_FQFN_INVALID
 */
export function functionNamed<F extends { readonly name: string }>(text: string, functions: readonly F[]): F {
  const wanted = parseFunctionReference(text);
  // The same function may be there twice while one deployment takes over from another.
  const byName = new Map(functions.map((one) => [one.name, one]));
  const found = [...byName.values()].filter(({ name }) => {
    const { identifier, namespace, name: own, version } = parseFunctionReference(name);
    return (
      own === wanted.name &&
      namespace === wanted.namespace &&
      (wanted.identifier ?? identifier) === identifier &&
      (wanted.version ?? version) === version
    );
  });
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = [...(found.length === 0 ? byName.keys() : found.map(({ name }) => name))].slice(0, MAX_LISTED);
  throw new NodeError(
    'NODE_INPUT',
    found.length === 0
      ? `the Sat has no function ${quoted(text)} at the moment`
      : `several functions are called ${quoted(text)}`,
    { remedy: names.length === 0 ? 'wait until its gateway has deployed something' : `say one of ${names.join(', ')}` },
  );
}
