import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noDirectories } from '../../../../test/support/wasi-guest.ts';
import { hasCode } from '../../../kernel/index.ts';
import { type GrantedDirectory, sessionOf, type WasiGrant } from './grant.ts';
import { FileRoom, GrantedFiles } from './index.ts';

const bad = (error: unknown): boolean => hasCode(error, 'WASI_BAD_GRANT');

test('what is left out is not granted', () => {
  assert.deepEqual(sessionOf({}), {
    arguments: [],
    environment: [],
    directories: [],
    clockResolutionNs: 100_000,
    handles: 64,
  });
});

test('how much may be open at once is whoever asks to say', () => {
  assert.equal(sessionOf({}, 7.9).handles, 7);
});

test('the guest’s thread is not told where a directory is', { skip: noDirectories }, () => {
  const directories = [{ guestPath: '/data', hostPath: '/srv/secret-place', writable: false }];
  const session = sessionOf({ arguments: ['a'], environment: { B: 'c=d' }, directories });
  assert.deepEqual(session.directories, [{ guestPath: '/data', writable: false }]);
  assert.deepEqual(session.environment, ['B=c=d']);
  assert.doesNotMatch(JSON.stringify(session), /secret-place/);
});

test('a grant that cannot be is refused', () => {
  const directory = (changes: object): { directories: GrantedDirectory[] } => ({
    directories: [{ guestPath: '/data', hostPath: '/srv', writable: true, ...changes }],
  });
  const grants: WasiGrant[] = [
    { arguments: ['a\0b'] },
    { arguments: ['\ud800'] },
    { arguments: [1 as unknown as string] },
    { arguments: ['x'.repeat(1 << 20)] },
    { arguments: Array.from({ length: 4097 }, () => '') },
    { environment: { '': 'x' } },
    { environment: { 'A=B': 'x' } },
    { environment: { A: 'x\0' } },
    directory({ guestPath: '' }),
    directory({ guestPath: 'x'.repeat(4097) }),
    directory({ guestPath: 'a\0' }),
    directory({ hostPath: 'relative' }),
    directory({ hostPath: '/a\0' }),
    directory({ hostPath: '' }),
    directory({ writable: 'yes' }),
    { directories: Array.from({ length: 65 }, () => ({ guestPath: '/', hostPath: '/', writable: false })) },
    { clock: { resolutionNs: 999 } },
    { clock: { resolutionNs: 1.5e3 + 0.5 } },
  ];
  for (const grant of grants) assert.throws(() => sessionOf(grant), bad, JSON.stringify(grant).slice(0, 80));
  assert.throws(() => new GrantedFiles(new FileRoom(), { writtenBytes: -1 }), bad);
  assert.throws(() => new GrantedFiles(new FileRoom(), { writtenBytes: Number.NaN }), bad);
});
