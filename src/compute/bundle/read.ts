/** Bundle bytes → manifest, modules and static files (`bundle.md §1` to §6). */
import { createHash } from 'node:crypto';
import { BytesError, fromUtf8, quoted } from '../../kernel/index.ts';
import {
  type Directive,
  DirectiveError,
  type FunctionEntry,
  type ModuleName,
  parseFunctionReference,
  parseModuleName,
  type Problem,
  readDirective,
  readTenant,
  refersTo,
  refersToModule,
} from '../directive/index.ts';
import { normalizeStaticName, STATIC_PREFIX } from './entry-name.ts';
import { BundleError } from './errors.ts';
import { type BundleLimits, DEFAULT_BUNDLE_LIMITS } from './limits.ts';
import { unzip } from './unzip.ts';

/** The entry that says which kind of bundle it is. */
export const MANIFEST_NAMES = { directive: 'Directive.yaml', tenant: 'tenant.json' } as const;
const MODULE_SUFFIX = '.wasm';

/** How a bundle is read. */
export interface BundleOptions {
  readonly limits?: BundleLimits;
  /** Restores the reference's permissive defaults for what functions may do. */
  readonly compat?: 'suborbital';
}

/** A module of a bundle. */
export interface BundleModule {
  /** What the manifest says about it. */
  readonly function: FunctionEntry;
  /** The entry's name. */
  readonly entry: string;
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of `bytes`. */
  readonly digest: string;
}

/** A bundle in memory; all bytes are its own. */
export interface Bundle {
  readonly directive: Directive;
  /** The manifest as it stands in the bundle, for signatures and inspection. */
  readonly manifest: Uint8Array;
  /** Lower-case hex SHA-256 of the whole bundle. */
  readonly digest: string;
  /** By `namespace::name`. A function of the manifest without an entry is absent. */
  readonly modules: ReadonlyMap<string, BundleModule>;
  /** By name without the leading `static/`; look up through `staticFile`. */
  readonly staticFiles: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a bundle of either kind.
 * @throws {BundleError} of any code; `BUNDLE_MANIFEST_INVALID` has the DirectiveError with all findings as its cause.
 */
export async function readBundle(bytes: Uint8Array, options: BundleOptions = {}): Promise<Bundle> {
  const limits = options.limits ?? DEFAULT_BUNDLE_LIMITS;
  const entries = await unzip(bytes, limits);
  const { kind, manifest } = findManifest(entries, limits);
  const directive = readManifest(kind, manifest, options);
  const modules = new Map<string, BundleModule>();
  const staticFiles = new Map<string, Uint8Array>();
  for (const [entry, content] of entries) {
    if (entry.startsWith(STATIC_PREFIX)) staticFiles.set(entry.slice(STATIC_PREFIX.length), content);
    else if (entry.endsWith(MODULE_SUFFIX)) addModule(modules, directive, entry, content);
  }
  return { directive, manifest, digest: sha256(bytes), modules, staticFiles };
}

/** The static file that a guest or handler names `name`, if the bundle has it. */
export function staticFile(bundle: Pick<Bundle, 'staticFiles'>, name: string): Uint8Array | undefined {
  return bundle.staticFiles.get(normalizeStaticName(name));
}

/** The module of function `namespace::name`, if the bundle has it. */
export function moduleOf(
  bundle: Pick<Bundle, 'modules'>,
  target: { readonly namespace: string; readonly name: string },
): BundleModule | undefined {
  return bundle.modules.get(keyOf(target));
}

function findManifest(
  entries: ReadonlyMap<string, Uint8Array>,
  limits: BundleLimits,
): { readonly kind: Directive['kind']; readonly manifest: Uint8Array } {
  const directive = entries.get(MANIFEST_NAMES.directive);
  const tenant = entries.get(MANIFEST_NAMES.tenant);
  if (directive !== undefined && tenant !== undefined) {
    throw new BundleError('BUNDLE_MANIFEST_AMBIGUOUS', 'bundle has both Directive.yaml and tenant.json');
  }
  const manifest = directive ?? tenant;
  if (manifest === undefined) {
    throw new BundleError('BUNDLE_MANIFEST_MISSING', 'bundle is missing Directive.yaml or tenant.json');
  }
  if (manifest.length > limits.maxManifestBytes) {
    throw new BundleError('BUNDLE_TOO_LARGE', `the manifest is larger than ${limits.maxManifestBytes} bytes`);
  }
  return { kind: directive === undefined ? 'tenant' : 'directive', manifest };
}

function readManifest(kind: Directive['kind'], manifest: Uint8Array, options: BundleOptions): Directive {
  try {
    const text = fromUtf8(manifest);
    const where = { file: MANIFEST_NAMES[kind], ...(options.compat && { compat: options.compat }) };
    return kind === 'directive' ? readDirective(text, where) : readTenant(text, where);
  } catch (cause) {
    if (!(cause instanceof DirectiveError || cause instanceof BytesError)) throw cause;
    const message = `the manifest of the bundle is not valid: ${cause.message}`;
    throw new BundleError('BUNDLE_MANIFEST_INVALID', message, { cause });
  }
}

function addModule(modules: Map<string, BundleModule>, directive: Directive, entry: string, bytes: Uint8Array): void {
  const listed = findFunction(directive, entry.slice(0, -MODULE_SUFFIX.length));
  if (listed === undefined) {
    throw new BundleError('BUNDLE_MODULE_UNLISTED', `module ${quoted(entry)} is not listed in the manifest`);
  }
  const key = keyOf(listed);
  if (modules.has(key)) throw new BundleError('BUNDLE_ENTRY_DUPLICATE', `two entries are module ${quoted(key)}`);
  const digest = sha256(bytes);
  // Deviation: upstream accepts a module whose digest differs from the one in its manifest.
  if (listed.ref !== undefined && listed.ref !== digest) {
    const message = `module ${quoted(entry)} has digest ${digest}, but its manifest says ${listed.ref}`;
    throw new BundleError('BUNDLE_MODULE_REF', message);
  }
  modules.set(key, { function: listed, entry, bytes, digest });
}

/** The manifest's function that a module file named `name`, without suffix, belongs to. */
function findFunction(directive: Directive, name: string): FunctionEntry | undefined {
  const { identifier, appVersion: version } = directive;
  try {
    if (directive.kind === 'tenant') {
      const reference: ModuleName = parseModuleName(`/name/default/${name}`);
      return directive.functions.find((entry) => refersToModule(reference, { tenant: identifier, ...entry }));
    }
    const reference = parseFunctionReference(name, directive.rules.hashNamespace ? '#' : '::');
    return directive.functions.find((entry) => refersTo(reference, { identifier, version, ...entry }));
  } catch (error) {
    if (error instanceof DirectiveError) return undefined;
    throw error;
  }
}

/** Findings in the manifest of a bundle that could not be read; empty when its manifest is not the reason. */
export function manifestProblems(error: unknown): readonly Problem[] {
  const cause = error instanceof BundleError ? error.cause : undefined;
  return cause instanceof DirectiveError ? cause.problems : [];
}

function keyOf(target: { readonly namespace: string; readonly name: string }): string {
  return `${target.namespace}::${target.name}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
