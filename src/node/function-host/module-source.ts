import path from 'node:path';
import type { Bundle, BundleModule } from '../../compute/bundle/index.ts';
import type { Grants } from '../../compute/capability/index.ts';
import type { FunctionLimits } from '../../compute/directive/index.ts';
import { type Clock, quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { readUserFile } from '../user-files/index.ts';

/** Ours: the largest file that is read as a module or bundle. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const DOWNLOAD_MS = 60_000;
const MAX_REDIRECTS = 10;
const ZIP_MAGIC = 0x504b;

/** Where a module comes from. */
export interface ModuleSourceOptions {
  /** A path to a module or bundle, or `https://….wasm`. */
  readonly source: string;
  /** Which module of a bundle. */
  readonly fqmn?: string | undefined;
  readonly compat?: 'suborbital' | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A module and what its bundle says about it, if it has one. */
export interface LoadedModule {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The application's identifier, or the name. */
  readonly application: string;
  /** What the bundle's Directive grants; undefined for a module alone. */
  readonly grants: Grants | undefined;
  readonly staticFiles: ReadonlyMap<string, Uint8Array> | undefined;
  /** What its bundle says that it needs at most. */
  readonly limits: FunctionLimits | undefined;
}

/**
 * Reads the module that `source` names.
 * @throws {NodeError} NODE_INPUT; {BundleError} of any code
 */
export async function loadModule(options: ModuleSourceOptions): Promise<LoadedModule> {
  const { source } = options;
  const isAddress = /^https?:\/\//.test(source);
  const bytes = isAddress ? await download(options) : await readNamed(source);
  const isBundle = bytes.length > 1 && ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0) === ZIP_MAGIC;
  if (!isBundle) {
    if (options.fqmn !== undefined) throw input(`${quoted(source)} is no bundle, so --fqmn has no meaning`);
    const name = path.posix.basename(isAddress ? new URL(source).pathname : source.replaceAll('\\', '/'), '.wasm');
    return { name, bytes, application: name, grants: undefined, staticFiles: undefined, limits: undefined };
  }
  // Bundles and project descriptions are a good part of the program, which a module alone does not need.
  const [{ readBundle }, names] = await Promise.all([
    import('../../compute/bundle/index.ts'),
    import('../../compute/directive/index.ts'),
  ]);
  const bundle = await readBundle(bytes, options.compat === undefined ? {} : { compat: options.compat });
  const { directive, modules, staticFiles } = bundle;
  const isMeant = (module: BundleModule, fqmn: string): boolean => {
    const { namespace, name } = module.function;
    if (fqmn === name || fqmn === `${namespace}::${name}`) return true;
    if (!fqmn.includes('/')) return false;
    return names.refersToModule(names.parseModuleName(fqmn), { tenant: directive.identifier, namespace, name });
  };
  const module = pick(modules, options.fqmn, isMeant);
  return {
    name: names.printFunctionName({
      identifier: directive.identifier,
      namespace: module.function.namespace,
      name: module.function.name,
      version: directive.appVersion,
    }),
    bytes: module.bytes,
    application: directive.identifier,
    grants: directive.grants,
    staticFiles,
    limits: module.function.limits,
  };
}

function pick(
  modules: Bundle['modules'],
  fqmn: string | undefined,
  isMeant: (module: BundleModule, fqmn: string) => boolean,
): BundleModule {
  const all = [...modules.values()];
  const names = all.map((one) => `${one.function.namespace}::${one.function.name}`).join(', ');
  if (fqmn === undefined) {
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    throw input(`the bundle has ${all.length} modules`, `choose one with --fqmn: ${names}`);
  }
  const found = all.find((one) => isMeant(one, fqmn));
  if (found !== undefined) return found;
  throw input(`the bundle has no module ${quoted(fqmn)}`, `it has ${names}`);
}

async function readNamed(file: string): Promise<Uint8Array> {
  try {
    return await readUserFile(file, MAX_FILE_BYTES);
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('NODE_INPUT', `cannot read ${quoted(file)}`, {
      cause,
      remedy: 'check the path, and that the file may be read',
    });
  }
}

async function download({ source, clock, signal }: ModuleSourceOptions): Promise<Uint8Array> {
  const deadline = new AbortController();
  const cancel = clock.schedule(DOWNLOAD_MS, () =>
    deadline.abort(input(`${quoted(source)} did not come within a minute`)),
  );
  try {
    const response = await fetchByTls(new URL(source), AbortSignal.any([signal, deadline.signal]));
    if (response.status !== 200 || response.body === null) throw input(`${quoted(source)} answered ${response.status}`);
    return await collect(response.body, source);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('NODE_INPUT', `cannot download ${quoted(source)}`, {
      cause,
      remedy: 'check the address, and that this machine reaches it',
    });
  } finally {
    cancel();
  }
}

/** Only over TLS, wherever it is redirected to: what runs must be what its server sent. */
async function fetchByTls(first: URL, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (url.protocol !== 'https:') {
      throw input(`${quoted(url.href)} is not fetched over plain HTTP`, 'use https, or download it yourself');
    }
    const response = await fetch(url, { signal, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw input(`${quoted(first.href)} is redirected more than ${MAX_REDIRECTS} times`);
}

async function collect(body: AsyncIterable<Uint8Array>, source: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_FILE_BYTES) throw input(`${quoted(source)} is larger than ${MAX_FILE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function input(message: string, remedy?: string): NodeError {
  return new NodeError('NODE_INPUT', message, { remedy });
}
