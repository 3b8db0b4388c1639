import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { capabilities, realClock } from '../../../test/support/guests.ts';
import { fromHex, utf8 } from '../../kernel/index.ts';
import { methodOf, outgoingRequest } from '../abi/outgoing.ts';
import { ENV_SIGNATURES, WASI_SIGNATURES } from '../abi/signatures.ts';
import { DEFAULT_CALL_LIMITS, Sandbox, defaultSandboxLimits, sandboxFlags } from './index.ts';

// The documents are held to the code.

const root = path.join(import.meta.dirname, '../../..');
const abi = readFileSync(path.join(root, 'docs/protocol/runnable-abi.md'), 'utf8');
const guide = readFileSync(path.join(root, 'docs/sandbox.md'), 'utf8');

/** Cells of the rows of section `heading` whose first cell is code. */
function rows(document: string, heading: string): string[][] {
  const section = document.split(/^#{2,3} /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([^|]+)` \|(.+)\|$/gm)].map(([, first = '', rest = '']) => [
    first,
    ...rest.split('|').map((cell) => cell.trim()),
  ]);
}

let sandbox: Sandbox;
before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
});
after(() => sandbox.close(1000));

test('the worked example runs', async () => {
  const hex = /```hex\n([\s\S]*?)```/.exec(abi)?.[1]?.replaceAll(/\s/g, '') ?? '';
  const result = await sandbox.call(sandbox.load(fromHex(hex)), { input: utf8('hi'), capabilities: capabilities() });
  assert.deepEqual(result.kind === 'output' && result.output, fromHex('6869'));
});

test('the tables of imports are those of the code', () => {
  const listed = ['6.1', '8.2'].flatMap((section) =>
    rows(abi, section).map(([name, parameters = '']) => `${name}/${parameters.split(', ').length}`),
  );
  assert.deepEqual([...listed, 'print/3', 'fetch/5'], Object.keys(ENV_SIGNATURES));
  for (const [name, parameters = '', result] of rows(abi, '6.1')) {
    const key = `${name}/${parameters.split(', ').length}` as keyof typeof ENV_SIGNATURES;
    assert.equal(ENV_SIGNATURES[key].results, result === 'yes' ? 1 : 0, key);
    const waits = (abi.split('### 6.2')[1]?.split('### 6.3')[0] ?? '').includes(`\`${name}\``);
    assert.equal(ENV_SIGNATURES[key].waiting, waits ? 'waits' : 'at-once', key);
  }
  assert.match(abi, new RegExp(`All ${Object.keys(WASI_SIGNATURES).length} functions`));
});

test('the examples of addresses with headers', () => {
  for (const [text = '', url = '', headers = ''] of rows(abi, '7.2')) {
    const parsed = outgoingRequest(0, 'current', text, new Uint8Array(0));
    if (url.startsWith('−2')) {
      assert.equal(parsed, undefined, text);
      continue;
    }
    assert.equal(`\`${parsed?.url}\``, url);
    const shown = parsed?.headers.map(([name, value]) => `\`${name}\` = \`${value}\``).join(', ');
    assert.equal(shown === '' ? 'none' : shown, headers);
  }
  const methods = /\| Methods \| (.*) \|/.exec(abi)?.[1]?.split(', ');
  assert.deepEqual(
    methods,
    [0, 1, 2, 3, 4, 5, 6].map((number) => `${number} ${methodOf(number, 'current')}`),
  );
});

test('the limits are those of the code', () => {
  const ofCall = rows(guide, '2.1').map(([name, value]) => [name, Number(value)]);
  assert.deepEqual(Object.fromEntries(ofCall), { ...DEFAULT_CALL_LIMITS });
  const { threads, totalMemoryBytes, residentBytes, ...fixed } = defaultSandboxLimits();
  assert.ok(threads >= 1 && totalMemoryBytes > 0 && residentBytes > totalMemoryBytes);
  const ofSandbox = rows(guide, '2.2').map(([name, value]) => [name, value] as const);
  assert.deepEqual(
    ofSandbox.map(([name]) => name),
    Object.keys(defaultSandboxLimits()),
  );
  for (const [name, value] of Object.entries(fixed)) {
    assert.equal(Number(ofSandbox.find(([listed]) => listed === name)?.[1]), value, name);
  }
});

test('the failures are those of the code', () => {
  const union = /export type FailureCode =([\s\S]*?);/.exec(
    readFileSync(path.join(import.meta.dirname, 'result.ts'), 'utf8'),
  )?.[1];
  const codes = [...(union ?? '').matchAll(/'([A-Z_]+)'/g)].map((match) => match[1]);
  const listed = rows(guide, '3 How').map(([name]) => name);
  assert.deepEqual(
    listed.filter((name) => name === name?.toUpperCase()),
    codes,
  );
});

test('the flags are those of the code', () => {
  assert.deepEqual(
    rows(guide, '5 Engine').map(([flag]) => flag),
    [...sandboxFlags],
  );
});
