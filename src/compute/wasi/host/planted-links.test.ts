import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { bareWasi, noDirectories, temporaryFolder } from '../../../../test/support/wasi-guest.ts';

// Whoever else uses a granted directory follows the links in it without the care of the host: a guest must not plant one that leads out.

/** Where the names below `directory` lead. */
function destinations(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const place = path.join(directory, name);
    if (!existsSync(place)) return [];
    // As the system does it: the other one takes `..` for the name before it.
    const real = realpathSync.native(place);
    return statSync(place).isDirectory() && real === place ? [real, ...destinations(place)] : [real];
  });
}

/** What a guest may try, each a list of links (target, name), directories and renames. */
const PLANS: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  [
    'a link that is moved up',
    [
      ['mkdir', 'a'],
      ['link', '../secret', 'a/out'],
      ['rename', 'a/out', 'out'],
    ],
  ],
  [
    'a directory that is moved up with a link in it',
    [
      ['mkdir', 'a'],
      ['mkdir', 'a/b'],
      ['link', '../../secret', 'a/b/out'],
      ['rename', 'a/b', 'b'],
    ],
  ],
  [
    'a second name of a link',
    [
      ['mkdir', 'a'],
      ['link', '../secret', 'a/out'],
      ['hard', 'a/out', 'out'],
    ],
  ],
  [
    'a link through one that stands for its own directory',
    [
      ['mkdir', 'a'],
      ['link', '.', 'a/here'],
      ['link', 'a/here/../../secret', 'out'],
    ],
  ],
  [
    'a link through a directory that becomes a link later',
    [
      ['mkdir', 'a'],
      ['mkdir', 'a/b'],
      ['link', 'a/b/../../secret', 'out'],
      ['rename', 'a/b', 'b'],
      ['link', '.', 'a/b'],
    ],
  ],
];

for (const [name, steps] of PLANS) {
  test(`${name} does not lead out`, { skip: noDirectories }, async () => {
    using folder = temporaryFolder();
    const data = path.join(realpathSync(folder.path), 'data');
    mkdirSync(data);
    writeFileSync(path.join(folder.path, 'secret'), 'secret');
    await using guest = bareWasi({ grant: { directories: [{ guestPath: '/', hostPath: data, writable: true }] } });
    const { call, put } = guest;
    for (const [step, one = '', other = ''] of steps) {
      if (step === 'mkdir') assert.equal(await call('path_create_directory', 3, ...put(one)), 0);
      if (step === 'link') await call('path_symlink', ...put(one), 3, ...put(other));
      if (step === 'rename') await call('path_rename', 3, ...put(one), 3, ...put(other));
      if (step === 'hard') await call('path_link', 3, 0, ...put(one), 3, ...put(other));
    }
    for (const place of destinations(data)) assert.ok(place.startsWith(`${data}/`) || place === data, place);
  });
}
