import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { Entry } from '../command.ts';

const SOURCES = path.join(import.meta.dirname, '..', '..');

/** What a declaration may load beside the command line itself: errors, bytes, the clock, the form of a report. */
const LIGHT = ['cli', 'kernel', 'node/system', 'node/report'];

const loaded: string[] = [];
registerHooks({
  load: (address, context, next) => {
    if (address.startsWith('file:')) loaded.push(fileURLToPath(address));
    return next(address, context);
  },
});

test('what declares a command loads nothing of what does its work, so that help and completion start fast', async () => {
  const [{ ENTRIES }, { declareLeaf }] = await Promise.all([import('./index.ts'), import('../arguments/leaf.ts')]);
  let declared = 0;
  const heavy: Record<string, readonly string[]> = {};
  const declareAll = async (entries: readonly Entry[], above: readonly string[]): Promise<void> => {
    for (const entry of entries) {
      const words = [...above, entry.name];
      const before = loaded.length;
      if ('commands' in entry) await declareAll(await entry.commands(), words);
      else {
        declareLeaf(await entry.load(), entry);
        declared++;
        const needless = loaded.slice(before).filter((file) => !LIGHT.includes(roomOf(file)));
        // What runs a process in the background is called by the program, and nobody asks for its help.
        if (needless.length > 0 && words[0] !== 'process') heavy[words.join(' ')] = needless;
      }
    }
  };
  await declareAll(ENTRIES, []);
  assert.ok(declared > 100, `${declared} commands are declared`);
  assert.deepEqual(heavy, {});
});

/** The first folder below the sources, of a node also the second; of a package its name. */
function roomOf(file: string): string {
  const [, name] = /\/node_modules\/([^/]+)\//.exec(file.replaceAll(path.sep, '/')) ?? [];
  if (name !== undefined) return name === 'commander' ? 'cli' : name;
  const [room = '', folder = ''] = path.relative(SOURCES, file).split(path.sep);
  return room === 'node' ? `node/${folder}` : room;
}
