/** Compiles the guests that are written in languages, with the toolchains of this machine. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { compileAssemblyScript } from '../support/assemblyscript.ts';

/** A module, or in one line why there is none. */
export type Compiled = Uint8Array | { readonly missing: string };

const GUESTS = path.join(import.meta.dirname, 'guests');
const CACHE = path.join(import.meta.dirname, '..', '..', '.cache', 'conformance');
const run = promisify(execFile);
const made = new Map<string, Promise<Compiled>>();

/** A guest in C. */
export const compileC = (): Promise<Compiled> =>
  once('c', async () => {
    for (const tool of ['clang', 'wasm-ld']) if (!(await works(tool))) return { missing: `${tool} is not installed` };
    const output = outputFile('c.wasm');
    const flags = ['--target=wasm32', '-nostdlib', '-O2', '-Wall', '-Werror', '-Wl,--no-entry'];
    await run('clang', [...flags, '-o', output, path.join(GUESTS, 'c', 'guest.c')]);
    return read(output);
  });

/** A guest in Go, as a WASI reactor. */
export const compileGo = (): Promise<Compiled> =>
  once('go', async () => {
    if (!(await works('go', 'version'))) return { missing: 'go is not installed' };
    const version = (await run('go', ['env', 'GOVERSION'])).stdout.trim();
    const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0);
    if (minor < 24) return { missing: `${version} knows no exports; 1.24 does` };
    const output = outputFile('go.wasm');
    await run('go', ['build', '-buildmode=c-shared', '-o', output, '.'], {
      cwd: path.join(GUESTS, 'go'),
      env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' },
    });
    return read(output);
  });

/** A guest in Rust, made with the SDK of that version as it was published: `sdk-0-15` for 0.15. */
export const compileRust = async (name: string): Promise<Compiled> => {
  const target = 'wasm32-wasip1';
  const folder = path.join(CACHE, 'rust');
  const trouble = await once('rust', async () => {
    if (!(await works('cargo')) || !(await works('rustc'))) return { missing: 'cargo and rustc are not installed' };
    const { stdout } = await run('rustc', ['--print', 'target-libdir', '--target', target]);
    if (!existsSync(stdout.trim())) return { missing: `rustc has no standard library for ${target}` };
    const workspace = {
      cwd: path.join(GUESTS, 'rust'),
      env: { ...process.env, CARGO_TARGET_DIR: folder, CARGO_NET_RETRY: '0', CARGO_HTTP_TIMEOUT: '10' },
    };
    try {
      await run('cargo', ['fetch', '--locked', '--target', target], workspace);
    } catch {
      return { missing: 'cargo cannot fetch the published SDK' };
    }
    await run('cargo', ['build', '--release', '--offline', '--locked', '--target', target], workspace);
    return new Uint8Array(0);
  });
  return 'missing' in trouble
    ? trouble
    : read(path.join(folder, target, 'release', `${name.replaceAll('-', '_')}.wasm`));
};

/** A guest in AssemblyScript. */
export const compileAs = (source: string): Promise<Compiled> => once(source, () => compileAssemblyScript(source));

function once(key: string, compile: () => Promise<Compiled>): Promise<Compiled> {
  const known = made.get(key) ?? compile();
  made.set(key, known);
  return known;
}

async function works(tool: string, argument = '--version'): Promise<boolean> {
  try {
    await run(tool, [argument]);
    return true;
  } catch {
    return false; // not there, or not usable: the caller says so
  }
}

function outputFile(name: string): string {
  mkdirSync(CACHE, { recursive: true });
  return path.join(CACHE, name);
}

function read(file: string): Uint8Array {
  return Uint8Array.from(readFileSync(file));
}
