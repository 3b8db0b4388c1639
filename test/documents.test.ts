import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '..');
const sources = globSync('src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts') && !file.endsWith('conformance.ts') && !file.includes('/testdata/'),
);

test('docs/errors.md lists exactly the codes of the source, each under the folder that declares it', () => {
  const listed: string[] = [];
  let folder = '';
  for (const line of read('docs/errors.md').split('\n')) {
    folder = /^## `(.+)`$/.exec(line)?.[1] ?? folder;
    const [, code, rest] = /^\| `([A-Z][A-Z0-9_]*)` \|(.*)$/.exec(line) ?? [];
    if (code === undefined) continue;
    assert.match(rest ?? '', /^ [^|]+ \| [^|]+ \|$/, `${code} has a meaning and a remedy`);
    listed.push(`${folder} ${code}`);
  }
  const declared = [...declarations()].filter(({ union }) => union !== 'ProblemCode').map((one) => one.entry);
  assert.deepEqual(duplicates(listed), [], 'codes that the document lists twice');
  assert.deepEqual(without(declared, listed), [], 'codes that the document does not list');
  assert.deepEqual(without(listed, declared), [], 'codes that the source does not have');
});

test('directive.md lists exactly the codes of findings', () => {
  const listed = [...read('docs/protocol/directive.md').matchAll(/^\| `(DIRECTIVE_\w+)` \|/gm)].map(
    ([, code]) => `src/compute/directive ${code}`,
  );
  const declared = [...declarations()].filter(({ union }) => union === 'ProblemCode').map((one) => one.entry);
  assert.deepEqual(duplicates(listed), [], 'codes that the document lists twice');
  assert.deepEqual(listed.sort(), declared.sort());
});

test('every cited section of our own specifications exists', () => {
  const missing = new Set<string>();
  for (const file of sources) {
    // One section, or several after one name: `identity.md` §8.1, §8.2 · `portal.md` §1–§8.
    for (const [, name, list = ''] of read(file).matchAll(/([a-z-]+)\.md`?((?:(?:,| and|–)? ?§\d+(?:\.\d+)*)+)/g)) {
      const document = [`docs/protocol/${name}.md`, `docs/${name}.md`].find((one) => existsSync(path.join(root, one)));
      if (document === undefined) {
        missing.add(`${file}: ${name}.md`);
        continue;
      }
      const text = read(document);
      for (const [, section = ''] of list.matchAll(/§([\d.]+)/g)) {
        const heading = new RegExp(`^#{2,4} ${section.replaceAll('.', '\\.')}[ .]`, 'm');
        if (!heading.test(text)) missing.add(`${file}: ${name}.md §${section}`);
      }
    }
  }
  assert.deepEqual([...missing].sort(), []);
});

test('links between documents lead somewhere', () => {
  const broken: string[] = [];
  for (const file of globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
    cwd: root,
    // What an application serves is not ours to follow: the demo's own copy of the README among it.
    exclude: (name) => name.includes('node_modules') || name.endsWith('static'),
  })) {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
      if (!existsSync(path.join(root, path.dirname(file), String(target)))) broken.push(`${file} → ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** Every code with its folder, from the arguments of `CodedError<…>` and from the unions called `…Code`. */
function* declarations(): Generator<{ readonly union: string | undefined; readonly entry: string }> {
  for (const file of sources) {
    const folder = path.dirname(file).replaceAll('\\', '/');
    const text = read(file).replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const unions = new Map<string | undefined, string>();
    for (const [, name, union = ''] of text.matchAll(/\btype (\w*Code)\s*=([\s\S]*?);/g)) unions.set(name, union);
    const direct: string[] = [];
    for (const [, argument = ''] of text.matchAll(/extends CodedError<([\s\S]*?)>\s*\{/g)) {
      const name = /^\s*([A-Za-z]\w*)\s*$/.exec(argument)?.[1];
      assert.ok(
        name === undefined || unions.has(name),
        `${file}: ${name} is declared beside the class and called …Code`,
      );
      if (name === undefined) direct.push(argument);
    }
    unions.set(undefined, direct.join('|'));
    for (const [union, members] of unions) {
      for (const [, code] of members.matchAll(/'([A-Z][A-Z0-9_]*)'/g)) yield { union, entry: `${folder} ${code}` };
    }
  }
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

function duplicates(entries: readonly string[]): string[] {
  return entries.filter((entry, i) => entries.indexOf(entry) !== i);
}

function without(entries: readonly string[], others: readonly string[]): string[] {
  return entries.filter((entry) => !others.includes(entry)).sort();
}
