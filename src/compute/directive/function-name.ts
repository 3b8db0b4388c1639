/** Function names of a Directive: references as written in steps, and full names (`directive.md §3`). */
import { quoted } from '../../kernel/index.ts';
import { DirectiveError } from './errors.ts';

/** Longest name or reference, in characters. */
const MAX_NAME_LENGTH = 512;
export const DEFAULT_NAMESPACE = 'default';

/** A function, fully named. */
export interface FunctionName {
  readonly identifier: string;
  readonly namespace: string;
  readonly name: string;
  /** The application's version, with its leading `v`. */
  readonly version: string;
}

/** A function as a step names it: what is left out is filled in from the Directive. */
export interface FunctionReference {
  readonly identifier: string | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly version: string | undefined;
}

/** How a text separates namespace and name: `ns::fn`, or `ns#fn` up to version 0.2.2. */
export type NamespaceSeparator = '::' | '#';

/**
 * The parts of `text`: first `#`, then first `::`, then first `@` separate identifier, namespace, name and version.
 * With separator `#` (Directives of 0.2.2 and older) there is no identifier.
 * @throws {DirectiveError} DIRECTIVE_FQFN_INVALID when a part is empty, too long or has control characters.
 */
export function parseFunctionReference(text: string, separator: NamespaceSeparator = '::'): FunctionReference {
  const [identifier, local] = separator === '::' ? cutBefore(text, '#') : [undefined, text];
  const [namespace, versioned] = cutBefore(local, separator);
  const at = versioned.indexOf('@');
  const name = at < 0 ? versioned : versioned.slice(0, at);
  const version = at < 0 ? undefined : versioned.slice(at + 1);
  const parts = [identifier, namespace, name, version];
  // oxlint-disable-next-line no-control-regex
  if (text.length > MAX_NAME_LENGTH || parts.includes('') || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new DirectiveError('DIRECTIVE_FQFN_INVALID', `not a function reference: ${quoted(text)}`);
  }
  return Object.freeze({ identifier, namespace: namespace ?? DEFAULT_NAMESPACE, name, version });
}

/** `identifier#namespace::name@version`. */
export function printFunctionName(name: FunctionName): string {
  return `${name.identifier}#${name.namespace}::${name.name}@${name.version}`;
}

/**
 * The name in a URL path `/identifier/namespace/name/version`: exactly four non-empty segments, already decoded.
 * @throws {DirectiveError} DIRECTIVE_FQFN_INVALID
 */
export function parseFunctionPath(path: string): FunctionName {
  const [root, identifier, namespace, name, version, ...more] = path.split('/');
  if (root !== '' || !identifier || !namespace || !name || !version || more.length > 0) {
    throw new DirectiveError('DIRECTIVE_FQFN_INVALID', `not a function path: ${quoted(path)}`);
  }
  return Object.freeze({ identifier, namespace, name, version });
}

/** `/identifier/namespace/name/version`. */
export function printFunctionPath(name: FunctionName): string {
  return `/${name.identifier}/${name.namespace}/${name.name}/${name.version}`;
}

/** Whether `reference`, used inside the application `identifier` at `version`, means the function `namespace::name`. */
export function refersTo(reference: FunctionReference, name: FunctionName): boolean {
  return (
    (reference.identifier ?? name.identifier) === name.identifier &&
    (reference.version ?? name.version) === name.version &&
    reference.namespace === name.namespace &&
    reference.name === name.name
  );
}

function cutBefore(text: string, separator: string): readonly [before: string | undefined, after: string] {
  const index = text.indexOf(separator);
  return index < 0 ? [undefined, text] : [text.slice(0, index), text.slice(index + separator.length)];
}
