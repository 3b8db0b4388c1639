import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '..');
const sources = globSync('src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts') && !file.endsWith('conformance.ts'),
);

test('docs/errors.md lists exactly the codes of the source', () => {
  const listed = new Set(
    [...read('docs/errors.md').matchAll(/^\| `([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)` \|/gm)].map((match) => match[1]),
  );
  const used = new Set<string>();
  for (const file of sources) {
    for (const declaration of read(file).matchAll(/extends CodedError<([\s\S]*?)>\s*\{/g)) {
      for (const code of (declaration[1] ?? '').matchAll(/'([A-Z][A-Z0-9_]+)'/g)) used.add(code[1] ?? '');
    }
    for (const union of read(file).matchAll(/export type \w*(?:Code|FailureCode)\s*=([\s\S]*?);/g)) {
      for (const code of (union[1] ?? '').matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) used.add(code[1] ?? '');
    }
  }
  assert.deepEqual([...used].filter((code) => !listed.has(code)).sort(), [], 'codes that the document does not list');
  assert.deepEqual(
    [...listed].filter((code) => !used.has(code ?? '')).sort(),
    [],
    'codes that the source does not have',
  );
});

test('every cited section of our own specifications exists', () => {
  const missing = new Set<string>();
  for (const file of sources) {
    for (const [, name, section] of read(file).matchAll(/([a-z-]+)\.md`? §(\d+(?:\.\d+)*)/g)) {
      const document = [`docs/protocol/${name}.md`, `docs/${name}.md`].find((one) => existsSync(path.join(root, one)));
      if (document === undefined) missing.add(`${file}: ${name}.md`);
      else if (!new RegExp(`^#{2,4} ${String(section).replaceAll('.', '\\.')}[ .]`, 'm').test(read(document)))
        missing.add(`${file}: ${name}.md §${section}`);
    }
  }
  assert.deepEqual([...missing].sort(), []);
});

test('links between documents lead somewhere', () => {
  const broken: string[] = [];
  for (const file of globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
    cwd: root,
    exclude: (name) => String(name).includes('node_modules'),
  })) {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
      if (!existsSync(path.join(root, path.dirname(file), String(target)))) broken.push(`${file} → ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
