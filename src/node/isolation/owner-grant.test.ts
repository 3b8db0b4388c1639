import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { noDirectories, temporaryFolder } from '../../../test/support/wasi-guest.ts';
import { checkOwnerGrant, grantFor, type OwnerGrant } from './index.ts';

const NOTHING: OwnerGrant = { arguments: [], environment: {}, directories: [] };

test('the name of a function comes before the arguments', () => {
  const grant = grantFor({ ...NOTHING, arguments: ['one'], environment: { A: 'b' } }, 'greet');
  assert.deepEqual(grant, { arguments: ['greet', 'one'], environment: { A: 'b' }, directories: [] });
});

test('arguments and variables may be granted however functions run', async () => {
  const grant = { ...NOTHING, arguments: ['one'], environment: { A: 'b' } };
  await checkOwnerGrant(grant, 'threads');
  await checkOwnerGrant(grant, 'processes');
  for (const isolation of ['threads', 'processes'] as const) {
    await assert.rejects(checkOwnerGrant({ ...NOTHING, arguments: ['\0'] }, isolation), { code: 'WASI_BAD_GRANT' });
    await assert.rejects(checkOwnerGrant({ ...NOTHING, arguments: Array(4096).fill('a') }, isolation), {
      code: 'WASI_BAD_GRANT',
    });
  }
});

test('directories may be granted to threads only, when they are there', { skip: noDirectories }, async () => {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, '');
  const granted = (hostPath: string, guestPath = '/data'): OwnerGrant => ({
    ...NOTHING,
    directories: [{ guestPath, hostPath, writable: false }],
  });
  await checkOwnerGrant(granted(folder.path), 'threads');
  await assert.rejects(checkOwnerGrant(granted(folder.path), 'processes'), { code: 'WASI_UNSUPPORTED' });
  await assert.rejects(checkOwnerGrant(granted(path.join(folder.path, 'none')), 'threads'), {
    code: 'NODE_INPUT',
    message: /there is no directory/,
  });
  await assert.rejects(checkOwnerGrant(granted(file), 'threads'), { code: 'NODE_INPUT', message: /is no directory/ });
  await assert.rejects(checkOwnerGrant(granted('relative'), 'threads'), { code: 'WASI_BAD_GRANT' });
  const { directories } = granted(folder.path);
  await assert.rejects(checkOwnerGrant({ ...NOTHING, directories: [...directories, ...directories] }, 'threads'), {
    code: 'NODE_INPUT',
    message: /two directories are granted as "\/data"/,
  });
});
