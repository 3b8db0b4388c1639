import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import yazl from 'yazl';
import { concat, equal, fromHex, fromUtf8, utf8 } from '../../kernel/index.ts';
import {
  type BundleContents,
  manifestProblems,
  moduleOf,
  normalizeStaticName,
  readBundle,
  staticFile,
  writeBundle,
} from './index.ts';

const MODULE = utf8('\0asm\x01\0\0\0');
const DIGEST = createHash('sha256').update(MODULE).digest('hex');
const directiveOf = (runnables: string): string =>
  `identifier: com.example.a\nappVersion: v1.0.0\natmoVersion: v0.4.8\nrunnables: ${runnables}\n`;
const DIRECTIVE = directiveOf(
  '[{ name: a, namespace: default }, { name: b, namespace: users }, { name: c, namespace: default }]',
);

function contents(changes: Partial<BundleContents> = {}): BundleContents {
  return {
    kind: 'directive',
    manifest: DIRECTIVE,
    modules: [
      { namespace: 'users', name: 'b', bytes: utf8('b') },
      { namespace: 'default', name: 'a', bytes: MODULE },
    ],
    staticFiles: new Map([
      ['main.md', utf8('# hi')],
      ['css/x.css', utf8('')],
    ]),
    ...changes,
  };
}

/** A bundle as another tool would write it: any entries in any order. */
async function zipOf(entries: Readonly<Record<string, string | Uint8Array>>): Promise<Uint8Array> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  const parts: Uint8Array[] = [];
  for await (const part of zip.outputStream) parts.push(Buffer.from(part));
  return concat(...parts);
}

suite('reading', () => {
  test('what was written comes back', async () => {
    const bytes = await writeBundle(contents());
    const bundle = await readBundle(bytes);
    assert.equal(bundle.directive.identifier, 'com.example.a');
    assert.ok(equal(bundle.manifest, utf8(DIRECTIVE)));
    assert.equal(bundle.digest, createHash('sha256').update(bytes).digest('hex'));
    assert.deepEqual([...bundle.modules.keys()], ['default::a', 'users::b']);
    const module = moduleOf(bundle, { namespace: 'default', name: 'a' });
    assert.equal(module?.digest, DIGEST);
    assert.equal(module?.entry, 'a.wasm');
    assert.equal(moduleOf(bundle, { namespace: 'default', name: 'c' }), undefined, 'listed without an entry');
    assert.deepEqual([...bundle.staticFiles.keys()], ['css/x.css', 'main.md']);
  });

  test('a tenant bundle with digests', async () => {
    const module = { name: 'a', namespace: 'default', ref: DIGEST };
    const manifest = JSON.stringify({ identifier: 'com.example.t', tenantVersion: 3, modules: [module] });
    const modules = [{ namespace: 'default', name: 'a', bytes: MODULE }];
    const bundle = await readBundle(await writeBundle(contents({ kind: 'tenant', manifest, modules })));
    assert.equal(bundle.directive.kind, 'tenant');
    assert.equal(moduleOf(bundle, module)?.digest, DIGEST);
  });

  test('the worked example of bundle.md §2', async () => {
    const page = readFileSync(new URL('../../../docs/protocol/bundle.md', import.meta.url), 'utf8');
    const hex = /```\n(504b[^`]*)```/.exec(page)?.[1]?.replaceAll(/\s/g, '') ?? '';
    const bundle = await readBundle(fromHex(hex));
    assert.equal(bundle.directive.identifier, 't');
    assert.equal(fromUtf8(staticFile(bundle, '/a') ?? utf8('missing')), 'hi');
  });

  test('ignores what it does not know, and takes any order', async () => {
    const entries = {
      'a.wasm': MODULE,
      'Invoice.toml': 'x',
      'static/deep/x.wasm': 'file',
      'Directive.yaml': DIRECTIVE,
    };
    const bundle = await readBundle(await zipOf(entries));
    assert.deepEqual([...bundle.modules.keys()], ['default::a']);
    assert.deepEqual([...bundle.staticFiles.keys()], ['deep/x.wasm']);
  });

  const refused: readonly (readonly [string, Readonly<Record<string, string | Uint8Array>>, string])[] = [
    ['no manifest', { 'a.wasm': MODULE }, 'BUNDLE_MANIFEST_MISSING'],
    ['another spelling', { 'directive.yaml': DIRECTIVE, 'Directive.yml': DIRECTIVE }, 'BUNDLE_MANIFEST_MISSING'],
    ['two manifests', { 'Directive.yaml': DIRECTIVE, 'tenant.json': '{}' }, 'BUNDLE_MANIFEST_AMBIGUOUS'],
    ['an invalid manifest', { 'Directive.yaml': 'handlers: []' }, 'BUNDLE_MANIFEST_INVALID'],
    ['a manifest that is no text', { 'tenant.json': Uint8Array.of(0xff) }, 'BUNDLE_MANIFEST_INVALID'],
    ['a large manifest', { 'Directive.yaml': `${DIRECTIVE}#${'x'.repeat(600_000)}` }, 'BUNDLE_TOO_LARGE'],
    ['an unlisted module', { 'Directive.yaml': DIRECTIVE, 'z.wasm': MODULE }, 'BUNDLE_MODULE_UNLISTED'],
    ['a nested module', { 'Directive.yaml': DIRECTIVE, 'lib/a.wasm': MODULE }, 'BUNDLE_MODULE_UNLISTED'],
    ['a nameless module', { 'Directive.yaml': DIRECTIVE, '.wasm': MODULE }, 'BUNDLE_MODULE_UNLISTED'],
    [
      'one module under two names',
      { 'Directive.yaml': DIRECTIVE, 'a.wasm': MODULE, 'default::a.wasm': MODULE },
      'BUNDLE_ENTRY_DUPLICATE',
    ],
    [
      'a module with another digest',
      { 'Directive.yaml': directiveOf(`[{ name: a, namespace: default, ref: ${'0'.repeat(64)} }]`), 'a.wasm': MODULE },
      'BUNDLE_MODULE_REF',
    ],
  ];
  for (const [what, entries, code] of refused) {
    test(`refuses ${what}`, async () => {
      const bytes = await zipOf(entries);
      await assert.rejects(readBundle(bytes), { code });
    });
  }

  test('hands out the findings in its manifest', async () => {
    const error: unknown = await readBundle(await zipOf({ 'Directive.yaml': 'handlers: []' })).catch(
      (reason) => reason,
    );
    assert.equal(manifestProblems(error).length, 4);
    assert.deepEqual(manifestProblems(new Error('other')), []);
  });
});

suite('static files', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['main.md', 'main.md'],
    ['/main.md', 'main.md'],
    ['./main.md', 'main.md'],
    ['/./main.md', 'main.md'],
    ['static/main.md', 'main.md'],
    ['static//main.md', 'main.md'],
    ['/static/main.md', 'static/main.md'],
    ['//main.md', '/main.md'],
    ['././main.md', './main.md'],
    ['css/../main.md', 'css/../main.md'],
    ['', ''],
  ];
  for (const [name, expected] of rows)
    test(`${name} is ${expected}`, () => assert.equal(normalizeStaticName(name), expected));

  test('are found by exact name', async () => {
    const bundle = await readBundle(await writeBundle(contents()));
    assert.equal(staticFile(bundle, '/main.md')?.length, 4);
    assert.equal(staticFile(bundle, 'css/x.css')?.length, 0);
    for (const name of ['Main.md', 'css/../main.md', '/static/main.md', 'main.md/', '__proto__']) {
      assert.equal(staticFile(bundle, name), undefined, name);
    }
  });
});

suite('writing', () => {
  test('does not depend on the order of what goes in', async () => {
    const { modules, staticFiles } = contents();
    const turned = contents({ modules: modules.toReversed(), staticFiles: new Map([...staticFiles].toReversed()) });
    assert.ok(equal(await writeBundle(contents()), await writeBundle(turned)));
  });

  test('does not depend on time zone or umask', () => {
    const program = `
      import { createHash } from 'node:crypto';
      import { writeBundle } from ${JSON.stringify(new URL('write.ts', import.meta.url).href)};
      process.umask(Number(process.argv[1]));
      const bytes = await writeBundle({ kind: 'directive', manifest: 'x', staticFiles: new Map([['f', new Uint8Array(9)]]),
        modules: [{ namespace: 'default', name: 'a', bytes: new Uint8Array(2000) }] });
      process.stdout.write(createHash('sha256').update(bytes).digest('hex'));`;
    const digests = [
      ['Pacific/Kiritimati', '0'],
      ['America/Los_Angeles', '63'],
    ].map(([zone, umask]) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', program, umask!], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      }),
    );
    assert.match(digests[0]!, /^[0-9a-f]{64}$/);
    assert.equal(digests[0], digests[1]);
  });

  test('refuses names that no reader would take', async () => {
    const bytes = utf8('x');
    const rows: readonly (readonly [Partial<BundleContents>, string])[] = [
      [{ staticFiles: new Map([['../x', bytes]]) }, 'BUNDLE_ENTRY_NAME'],
      [{ staticFiles: new Map([['', bytes]]) }, 'BUNDLE_ENTRY_NAME'],
      [{ modules: [{ namespace: 'default', name: '../x', bytes }] }, 'BUNDLE_ENTRY_NAME'],
      [{ modules: [{ namespace: 'default', name: 'static/x', bytes }] }, 'BUNDLE_ENTRY_NAME'],
      [
        {
          modules: [
            { namespace: 'default', name: 'x', bytes },
            { namespace: 'default', name: 'x', bytes },
          ],
        },
        'BUNDLE_ENTRY_DUPLICATE',
      ],
    ];
    for (const [changes, code] of rows) await assert.rejects(writeBundle(contents(changes)), { code });
  });
});
