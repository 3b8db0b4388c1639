import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { namesOf, VARIABLES } from './variables.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..');
const LISTED = new Set(Object.values(VARIABLES).flat().flatMap(namesOf));
/** Passed on, or read to find programs: nothing to set for this program. */
const OF_THE_SYSTEM = new Set(['PATH', 'HOME']);
/** How sources read variables. */
const READS = [
  /\benvironment\['([A-Z_]+)'\]/g,
  /\b(?:setting|numberSetting|flagVariable|switchSetting)\(\w+, '([A-Z_]+)'/g,
  /\.env\('([A-Z_]+)'\)/g,
  /'((?:PERIGEE|OCKAM)_[A-Z_]+)'/g,
];

function sources(): readonly string[] {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).filter(
    (file) => !/\.test\.ts$|variables\.ts$|testdata/.test(file),
  );
  return files.map((file) => readFileSync(path.join(ROOT, file), 'utf8'));
}

test('every variable that the sources read is listed', () => {
  const read = new Set(
    sources().flatMap((text) => READS.flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name))),
  );
  assert.ok(read.size > 10);
  for (const name of read) {
    assert.ok(
      LISTED.has(name) || LISTED.has(`PERIGEE_${name}`) || OF_THE_SYSTEM.has(name),
      `${name} is read and not listed`,
    );
  }
});

test('every variable that is listed is read, and is in the document', () => {
  const all = sources().join('\n');
  const document = readFileSync(path.join(ROOT, 'docs', 'commands.md'), 'utf8');
  for (const { name } of Object.values(VARIABLES).flat()) {
    assert.match(all, new RegExp(`\\b(?:PERIGEE_)?${name}\\b`), `${name} is listed and not read`);
    assert.ok(document.includes(`${name}\``), `${name} is not in docs/commands.md`);
  }
});
