import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const PAGES = {
  directive: read('../../../docs/protocol/directive.md'),
  bundle: read('../../../docs/protocol/bundle.md'),
};

/** The codes in the first column of the tables in section `number`. */
function codesOf(page: string, number: number): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${number} `)) ?? '';
  return [...section.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!);
}

/** The codes that a source file lists in its unions. */
function codesIn(path: string): readonly string[] {
  return [...read(path).matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map((match) => match[1]!);
}

suite('the documents', () => {
  test('list every code, and no other', () => {
    assert.ok(codesIn('errors.ts').length > 20);
    assert.deepEqual(codesOf(PAGES.directive, 4), codesIn('errors.ts'));
    assert.deepEqual(codesOf(PAGES.bundle, 8), codesIn('../bundle/errors.ts'));
  });

  for (const folder of ['../directive/', '../bundle/', '../sequence/']) {
    test(`have every section that ${folder} cites`, () => {
      for (const file of readdirSync(new URL(folder, import.meta.url)).filter((name) => name.endsWith('.ts'))) {
        for (const [, page, more] of read(folder + file).matchAll(
          /(directive|bundle)\.md ((?:§[\d.]+\d|§\d|[`, ]| to )+)/g,
        )) {
          for (const [, number] of more!.matchAll(/§(\d+(?:\.\d+)*)/g)) {
            const heading = new RegExp(`^##+ ${number!.replace('.', '\\.')} `, 'm');
            assert.ok(heading.test(PAGES[page as keyof typeof PAGES]), `${file} cites ${page}.md §${number}`);
          }
        }
      }
    });
  }
});
