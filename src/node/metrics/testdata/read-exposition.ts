/**
 * Reads the text format of Prometheus 0.0.4 as strictly as its description allows: nothing that a scraper might refuse or
 * read in another way passes. Written from the description of the format, not from what writes it here.
 */
import assert from 'node:assert/strict';

/** One line with a value. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Everything of one name. */
export interface ReadFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/;

/** The families of `text` by name. Throws an assertion error at the first line that is not right. */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  assert.ok(text.endsWith('\n'), 'the last line ends with a line feed');
  assert.ok(!text.includes('\r'), 'lines end with a line feed alone');
  const families = new Map<string, { help: string; type: string; samples: ReadSample[] }>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([^ ]+) (.*)$/.exec(line);
    const type = /^# TYPE ([^ ]+) ([a-z]+)$/.exec(line);
    if (help !== null) {
      const [, name = '', words = ''] = help;
      assert.match(name, METRIC_NAME);
      assert.ok(!families.has(name), `${name} comes once`);
      assert.doesNotMatch(words.replaceAll(/\\[\\n]/g, ''), /\\/, 'only backslash and line feed are escaped in help');
      families.set(name, { help: words, type: '', samples: [] });
      current = name;
    } else if (type !== null) {
      const [, name = '', word = ''] = type;
      assert.equal(name, current, 'TYPE follows HELP');
      assert.ok(['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(word));
      const family = families.get(name);
      assert.ok(family !== undefined && family.type === '' && family.samples.length === 0);
      family.type = word;
    } else {
      const sample = readSample(line);
      const family = families.get(current);
      assert.ok(family !== undefined && family.type !== '', `${line}: a value before its type`);
      const names =
        family.type === 'histogram' ? [`${current}_bucket`, `${current}_sum`, `${current}_count`] : [current];
      assert.ok(names.includes(sample.name), `${sample.name} does not belong to ${current}`);
      family.samples.push(sample);
    }
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

/** The value of one series. */
export function valueOf(
  families: ReadonlyMap<string, ReadFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''));
  const key = keyOf(name, labels);
  return family?.samples.find((sample) => keyOf(sample.name, sample.labels) === key)?.value;
}

function readSample(line: string): ReadSample {
  const [, name = '', rest = ''] = /^([^{ ]+)(.*)$/s.exec(line) ?? [];
  assert.match(name, METRIC_NAME, line);
  const labels: Record<string, string> = {};
  let at = 0;
  if (rest[0] === '{') {
    at = 1;
    for (;;) {
      const label = /^([^=]+)="/.exec(rest.slice(at));
      assert.ok(label, `${line}: a label`);
      const [whole, key = ''] = label;
      assert.match(key, LABEL_NAME);
      assert.ok(!key.startsWith('__') && !Object.hasOwn(labels, key), `${line}: ${key}`);
      at += whole.length;
      let value = '';
      for (; rest[at] !== '"'; at++) {
        assert.ok(at < rest.length, `${line}: the label ends`);
        if (rest[at] === '\\') {
          at++;
          const meant = { n: '\n', '\\': '\\', '"': '"' }[rest[at] ?? ''];
          assert.ok(meant !== undefined, `${line}: the escape \\${rest[at]}`);
          value += meant;
        } else value += rest[at];
      }
      labels[key] = value;
      at++;
      if (rest[at] === '}') break;
      assert.equal(rest[at], ',', line);
      at++;
    }
    at++;
  }
  const value = /^ ([^ ]+)$/.exec(rest.slice(at))?.[1] ?? '';
  assert.match(value, NUMBER, line);
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}

function check(name: string, { type, samples }: ReadFamily): void {
  assert.notEqual(type, '', `${name} has a type`);
  const keys = samples.map((sample) => keyOf(sample.name, sample.labels));
  assert.equal(new Set(keys).size, keys.length, `${name} has no series twice`);
  if (type === 'counter') {
    assert.match(name, /_total$/);
    for (const { value } of samples) assert.ok(value >= 0);
  }
  if (type !== 'histogram') return;
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => keyOf('', labels));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(String(labels['le']).replace('Inf', 'Infinity')));
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
      `${name}: bounds ascend`,
    );
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
    for (let i = 1; i < buckets.length; i++) {
      assert.ok((buckets[i - 1]?.value ?? 0) <= (buckets[i]?.value ?? 0), `${name}: buckets are cumulative`);
    }
    const [sum, count, ...more] = ['_sum', '_count'].flatMap((end) => group.filter((s) => s.name === name + end));
    assert.ok(sum !== undefined && count !== undefined && more.length === 0 && group.length === buckets.length + 2);
    assert.equal(count.value, buckets.at(-1)?.value);
    assert.equal(group.at(-2), sum, 'sum and count come after the buckets');
  }
}
