/** A Node process that may do nothing but compute: no files but the program's own, no network, no environment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { sandboxFlags } from '../flags.ts';

/** The permissions of Node's model that a sandbox process must not have; of reading files it has the program's own. */
const DENIED = ['fs.read', 'fs.write', 'net', 'child', 'wasi', 'addons', 'inspector'] as const;

/** Those of them that this process holds; all when it does not run under the model. */
export function heldPermissions(): string[] {
  return DENIED.filter((name) => process.permission === undefined || process.permission.has(name));
}

/** Packages that the entry loads. */
const PACKAGES = ['@logtape/logtape', 'valibot'] as const;

/** Starts the entry beside this file, with pipes for its input and output. */
export function spawnSandbox(): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const entry = fileURLToPath(new URL(`./entry${extension}`, import.meta.url));
  return spawn(process.execPath, [...isolationFlags(), entry], { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Flags for Node that leave a program nothing but threads and the reading of this program's own files. */
export function isolationFlags(): string[] {
  return [
    ...sandboxFlags,
    // Else the dead objects of past calls take up to 64 MB before they are looked at.
    '--max-semi-space-size=8',
    '--permission',
    '--allow-worker',
    ...readable().map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    '--no-warnings',
  ];
}

/** The folders of the program: its own code, and that of the packages it loads. */
function readable(): string[] {
  const here = path.dirname(fileURLToPath(import.meta.url));
  // src/ or dist/, with package.json beside it, which tells that the files are modules.
  const code = path.resolve(here, '..', '..', '..');
  const folders = [code, path.join(code, '..', 'package.json')];
  for (const name of PACKAGES) {
    const file = fileURLToPath(import.meta.resolve(name));
    const mark = `${path.sep}node_modules${path.sep}${name.replace('/', path.sep)}${path.sep}`;
    folders.push(file.slice(0, file.lastIndexOf(mark) + mark.length - 1));
  }
  return folders;
}
