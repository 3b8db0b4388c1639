/** Module names of a tenant: FQMN (`directive.md §13`). */
import { quoted } from '../../kernel/index.ts';
import { DirectiveError } from './errors.ts';

const MAX_LENGTH = 1024;

/** A module's name; a text form may leave out the tenant, the reference, or everything but the reference. */
export interface ModuleName {
  readonly tenant: string | undefined;
  /** May hold `/`. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** Lower-case hex SHA-256 of the module by convention, not checked here. */
  readonly ref: string | undefined;
}

/** A module's name with every part. */
export interface FullModuleName extends ModuleName {
  readonly tenant: string;
  readonly namespace: string;
  readonly name: string;
  readonly ref: string;
}

/**
 * The parts of `fqmn://tenant/ns/name[@ref]`, `/name/ns/name` or `/ref/ref`; the namespace may have several segments.
 * @throws {DirectiveError} DIRECTIVE_FQMN_INVALID
 */
export function parseModuleName(text: string): ModuleName {
  if (text.length > MAX_LENGTH) throw refusal(text, `FQMN is longer than ${MAX_LENGTH} characters`);
  if (text.startsWith('fqmn://')) return parseText(text);
  if (text.startsWith('/name/')) return parseByName(text);
  if (text.startsWith('/ref/')) return parseByRef(text);
  throw refusal(text, "FQMN must begin with 'fqmn://', '/name', or '/ref'");
}

/**
 * `fqmn://tenant/namespace/name@ref`.
 * @throws {DirectiveError} DIRECTIVE_FQMN_INVALID when a part is empty.
 */
export function printModuleName(name: FullModuleName): string {
  return `fqmn://${complete(name).tenant}/${name.namespace}/${name.name}@${name.ref}`;
}

/**
 * The URL path `/tenant/ref/namespace/name`.
 * @throws {DirectiveError} DIRECTIVE_FQMN_INVALID when a part is empty.
 */
export function printModulePath(name: FullModuleName): string {
  return `/${complete(name).tenant}/${name.ref}/${name.namespace}/${name.name}`;
}

/** Whether `reference` means the module `namespace`/`name` of `tenant`. The reference's `ref` is ignored, as upstream does. */
export function refersToModule(
  reference: ModuleName,
  module: { readonly tenant: string; readonly namespace: string; readonly name: string },
): boolean {
  return (
    (reference.tenant ?? module.tenant) === module.tenant &&
    reference.namespace === module.namespace &&
    reference.name === module.name
  );
}

function parseText(text: string): ModuleName {
  const body = text.slice('fqmn://'.length);
  const at = body.indexOf('@');
  const path = at < 0 ? body : body.slice(0, at);
  const ref = at < 0 ? undefined : body.slice(at + 1);
  if (body.endsWith('/')) throw refusal(text, 'FQMN must not end in a trailing slash');
  const segments = path.split('/');
  if (segments.length < 3 || segments.includes('') || ref === '') {
    throw refusal(text, 'FQMN text format must contain an tenant, ref, namespace, and module name');
  }
  return Object.freeze({
    tenant: segments[0],
    namespace: segments.slice(1, -1).join('/'),
    name: segments.at(-1),
    ref,
  });
}

function parseByName(text: string): ModuleName {
  if (text.endsWith('/')) throw refusal(text, 'FQMN must not end in a trailing slash');
  const segments = text.slice('/name/'.length).split('/');
  if (segments.length < 2 || segments.includes('')) {
    throw refusal(text, 'FQMN must contain a namespace and module name');
  }
  return Object.freeze({
    tenant: undefined,
    namespace: segments.slice(0, -1).join('/'),
    name: segments.at(-1),
    ref: undefined,
  });
}

function parseByRef(text: string): ModuleName {
  const ref = text.slice('/ref/'.length);
  if (text.endsWith('/')) throw refusal(text, 'FQMN must not end in a trailing slash');
  if (ref.includes('/')) throw refusal(text, "'/ref' format may only contain one reference");
  return Object.freeze({ tenant: undefined, namespace: undefined, name: undefined, ref });
}

function complete(name: FullModuleName): FullModuleName {
  if (name.tenant && name.namespace && name.name && name.ref) return name;
  throw new DirectiveError('DIRECTIVE_FQMN_INVALID', 'all FQMN must be defined');
}

function refusal(text: string, reason: string): DirectiveError {
  return new DirectiveError('DIRECTIVE_FQMN_INVALID', `FQMN failed to parse: ${reason}: ${quoted(text)}`);
}
