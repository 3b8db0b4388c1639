import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { CliError } from '../errors.ts';
import { type MapValue, MAX_TEXT_LENGTH, readDocument } from './document.ts';
import { nodeCommands, nodeSettings, recipeCommands } from './node-file.ts';
import { sourceAt } from './source.ts';
import { substitute } from './substitution.ts';

const TESTDATA = path.join(import.meta.dirname, 'testdata');

function read(text: string, given: Record<string, string> = {}, environment: Record<string, string> = {}): MapValue {
  return readDocument(text, 'f', { given: new Map(Object.entries(given)), environment, onShadowed: () => undefined });
}

function lines(text: string): string[] {
  return nodeCommands(read(text), 'n').map(({ argv }) => argv.join(' '));
}

/** What is wrong with a text, with its place; the cause is said too. */
function faultOf(text: string, file: string): string {
  try {
    const root = readDocument(text, file, { given: new Map(), environment: {}, onShadowed: () => undefined });
    nodeSettings(root);
    nodeCommands(root, 'n');
  } catch (error) {
    assert.ok(error instanceof CliError, String(error));
    assert.equal(error.code, 'CLI_CONFIGURATION');
    return `${error.place}: ${error.message}\n`;
  }
  return 'nothing\n';
}

suite('sections become commands', () => {
  test('by name for a map, in written order for a list, with the node where an entry names none', () => {
    assert.deepEqual(lines('tcp-outlets: {web: {to: 8080}, db: {to: 5432, at: other}}'), [
      'tcp-outlet create --to=5432 --at=other --from=db',
      'tcp-outlet create --to=8080 --at=n --from=web',
    ]);
    assert.deepEqual(lines('relays: [blue, {green: {to: n2}}, {at: /node/x}]'), [
      'relay create --to=n -- blue',
      'relay create --to=n2 -- green',
      'relay create --at=/node/x --to=n',
    ]);
  });

  test('an entry that sets the name itself keeps it, and one map is one entry', () => {
    assert.deepEqual(lines('tcp-inlet: {from: 6000, to: /node/b/service/outlet}'), [
      'tcp-inlet create --from=6000 --to=/node/b/service/outlet --at=n',
    ]);
    assert.deepEqual(lines('tcp_inlets: {a: {alias: b}}'), ['tcp-inlet create --alias=b --at=n']);
  });

  test('policies come first, outlets last, whatever their order in the file', () => {
    const text = 'tcp-outlet: {to: 1}\ntcp-inlet: {to: x}\nrelay: r\npolicy: {resource-type: relay, allow: a}';
    assert.deepEqual(
      nodeCommands(read(text), 'n').map(({ argv }) => argv[0]),
      ['policy', 'relay', 'tcp-inlet', 'tcp-outlet'],
    );
  });

  test('switches, lists and short options have their form, and no value becomes an option', () => {
    assert.deepEqual(nodeCommands(read('tcp-outlet: {tls: true, x: false, y: 5, z-z: [a, --at=evil]}'), 'n')[0]?.argv, [
      'tcp-outlet',
      'create',
      '--tls',
      '-y',
      '5',
      '--z-z=a',
      '--z-z=--at=evil',
      '--at=n',
    ]);
    assert.deepEqual(nodeCommands(read('relay: --help'), 'n')[0]?.argv, ['relay', 'create', '--to=n', '--', '--help']);
  });

  test('a recipe makes vaults, identities, members, nodes, then what is on them, at nodes that entries name', () => {
    const text =
      'tcp-outlet: {to: 1}\nrelay: r\nnodes: [a]\nticket: t\nidentities: {i: {}}\nvault: v\npolicy: {allow: x}';
    assert.deepEqual(
      recipeCommands(read(text)).map(({ argv }) => argv.join(' ')),
      [
        'vault create -- v',
        'identity create -- i',
        'project enroll -- t',
        'node create -- a',
        'relay create -- r',
        'policy create --allow=x',
        'tcp-outlet create --to=1',
      ],
    );
  });
});

suite('variables', () => {
  const text = 'variables: {A: file, B: 1}\nname: $A\nticket: ${NONE:-x}$$\n';

  test('have their value from the flag, the environment, the file, in this order, and types after that', () => {
    assert.equal(nodeSettings(read(text)).name, 'file');
    assert.equal(nodeSettings(read(text, {}, { A: 'environment' })).name, 'environment');
    assert.equal(nodeSettings(read(text, { A: 'flag' }, { A: 'environment' })).name, 'flag');
    assert.equal(nodeSettings(read(text)).ticket, 'x$');
    assert.equal(nodeSettings(read('variables: {F: true}\nforeground: $F')).foreground, true);
  });

  test('are told when their value in the file is not used', () => {
    const told: string[] = [];
    const given = new Map([['A', 'x']]);
    readDocument(text, 'f', { given, environment: { B: '2', C: '3' }, onShadowed: (name) => told.push(name) });
    assert.deepEqual(told, ['A', 'B']);
  });

  test('are not looked for in values', () => {
    const filled = substitute(
      '$A ${A} $1 ${',
      (name) => (name === 'A' ? '$A' : undefined),
      () => new Error('unknown'),
    );
    assert.equal(filled.text, '$A $A $1 ${');
  });
});

suite('what is wrong with a file is said with its place', () => {
  for (const file of readdirSync(TESTDATA).filter((name) => name.endsWith('.yaml'))) {
    test(file, () => {
      const expected = readFileSync(path.join(TESTDATA, file.replace(/yaml$/, 'err')), 'utf8');
      assert.equal(faultOf(readFileSync(path.join(TESTDATA, file), 'utf8'), file), expected);
    });
  }

  test('files that are too large, have too many parts or are nested too deeply are refused', () => {
    assert.match(faultOf('a'.repeat(MAX_TEXT_LENGTH + 1), 'f'), /is longer than/);
    assert.match(faultOf(`relays: [${'a,'.repeat(9000)}]`, 'f'), /has more than \d+ tokens/);
    assert.match(faultOf(`relays: [${'a,'.repeat(300)}]`, 'f'), /has more than 256 entries/);
    assert.notEqual(faultOf(`relays: ${'['.repeat(8000)}`, 'f'), 'nothing\n');
    const bomb = `variables: {A: ${'a'.repeat(60_000)}}\nname: ${'$A'.repeat(5)}`;
    assert.match(faultOf(bomb, 'f'), /is longer than/);
  });
});

test('only HTTPS is fetched from elsewhere, and a name is no address', async () => {
  const { signal } = new AbortController();
  for (const given of ['http://example.org/a.yaml', 'example.org:80/a.yaml']) {
    await assert.rejects(sourceAt(given, signal), { code: 'CLI_CONFIGURATION', message: /anybody on the way/ });
  }
  assert.equal(await sourceAt('n1', signal), undefined);
});
