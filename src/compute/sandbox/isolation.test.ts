import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { capabilities, guest, realClock } from '../../../test/support/guests.ts';
import { Sandbox } from './index.ts';

const IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?from\s+'([^']+)'/gms;

/** Everything that `entry` imports at run time, directly or not: our files, and the names of others' modules. */
function closure(entry: string): { files: Set<string>; modules: Set<string> } {
  const files = new Set<string>();
  const modules = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (specifier.startsWith('.')) visit(path.join(path.dirname(file), specifier));
      else modules.add(specifier);
    }
  };
  visit(path.join(import.meta.dirname, entry));
  return { files, modules };
}

test('guest threads import nothing of the system but the port to the main thread', () => {
  const { files, modules } = closure('guest/thread.ts');
  assert.ok(files.size > 20, 'the imports were found');
  assert.deepEqual([...modules], ['node:worker_threads']);
  assert.deepEqual([...closure('pool/ticker.ts').modules], ['node:worker_threads']);
});

test('guest threads use no global that reaches the system', () => {
  for (const file of closure('guest/thread.ts').files) {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    assert.doesNotMatch(
      code,
      /\b(process|require|fetch|WebSocket|eval|Function|globalThis\.(?!WebAssembly))\s*[.(]/,
      file,
    );
  }
});

test('a sandbox that is closed lets the process end', async () => {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  await sandbox.call(sandbox.load(guest({})), { capabilities: capabilities() });
  await sandbox[Symbol.asyncDispose]();
  const held = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker');
  assert.deepEqual(held, []);
});
