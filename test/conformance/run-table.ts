/** Runs the table on one host. */
import assert from 'node:assert/strict';
import { after, before, suite, test, type TestContext } from 'node:test';
import { fromUtf8 } from '../../src/kernel/index.ts';
import { until } from '../e2e/world.ts';
import type { Case, Outcome, Unit } from './case.ts';
import { REFUSALS } from './cases/refusals.ts';
import type { ConformanceDatabases } from './database.ts';
import type { ConformanceHost, HostedUnit } from './host.ts';
import { createWorld, type World } from './outside.ts';
import { table } from './table.ts';

/** For the titles, which are the same in every world. */
const NOWHERE: World = {
  host: '127.0.0.1:1',
  requests: () => 0,
  database: undefined,
  close: () => Promise.resolve(),
};
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Declares the tests of one host. A slow one takes two units at a time, and one refusal for each code. */
export function runTable(
  name: string,
  create: () => Promise<ConformanceHost>,
  databases: ConformanceDatabases | undefined,
  slow = false,
): void {
  suite(name, { concurrency: slow ? 2 : 1 }, () => {
    let host: ConformanceHost;
    before(async () => {
      host = await create();
    });
    after(() => host.close());

    for (const [i, { name: title }] of table(NOWHERE).entries()) {
      test(title, async (t) => {
        const world = await createWorld(databases);
        try {
          const unit = table(world)[i];
          assert.ok(unit);
          await runUnit(t, host, unit, world);
        } finally {
          await world.close();
        }
      });
    }
    const refused = new Set<string>();
    for (const refusal of REFUSALS) {
      const known = refused.has(refusal.code);
      refused.add(refusal.code);
      const skip = slow && known && 'the code has been seen, and each module takes a process';
      test(`refused: ${refusal.title} (§${refusal.section})`, { skip }, async () => {
        assert.equal(await host.refuse(refusal), refusal.code);
      });
    }
  });
}

async function runUnit(t: TestContext, host: ConformanceHost, unit: Unit, world: World): Promise<void> {
  const reasons = unit.cases.map(({ not }) => unit.not?.[host.name] ?? not?.[host.name]);
  if (reasons.every((reason) => reason !== undefined)) return t.skip(reasons[0]);
  const bytes = await unit.module(world);
  if ('missing' in bytes) return t.skip(bytes.missing);
  const hosted = await host.open(unit, bytes, world);
  const logs: string[] = [];
  try {
    for (const [index, given] of unit.cases.entries()) {
      const reason =
        given.not?.[host.name] ??
        (given.needsDatabase === true && world.database === undefined ? 'PostgreSQL must be installed' : undefined);
      const title = `${given.title} (§${given.section})`;
      if (reason !== undefined) {
        await t.test(title, { skip: reason }, () => undefined);
        continue;
      }
      logs.push(...(given.logs ?? []));
      await t.test(title, () => runCase(host, hosted, world, given, index));
    }
    await t.test('what was logged', () => assertLogs(hosted, logs));
  } finally {
    await hosted.close();
  }
}

async function runCase(
  host: ConformanceHost,
  hosted: HostedUnit,
  world: World,
  given: Case,
  index: number,
): Promise<void> {
  const before = world.requests();
  const { outcome, headers } = await hosted.call(given, index);
  assert.deepEqual(comparable(outcome, world), comparable(expectedOn(host, given.outcome), world));
  if (given.requests !== undefined) assert.equal(world.requests() - before, given.requests, 'requests that were sent');
  if ('output' in given.outcome) {
    for (const [name, value] of Object.entries(given.outcome.headers ?? {})) {
      assert.equal(headers.get(name) ?? null, value, `the header ${name}`);
    }
  }
}

/** Lines come a moment after the answer where a process or a Sat is between. */
async function assertLogs(hosted: HostedUnit, expected: readonly string[]): Promise<void> {
  await until(
    () => Promise.resolve(hosted.logs().length >= expected.length ? true : undefined),
    `${expected.length} lines, not ${JSON.stringify(hosted.logs())}`,
    5000,
  );
  assert.deepEqual(hosted.logs(), expected);
}

/** What is left of an outcome where HTTP cannot carry all of it. */
function expectedOn(host: ConformanceHost, outcome: Outcome): Outcome {
  if ('output' in outcome) return outcome.output === undefined && host.nil === 'empty' ? { output: '' } : outcome;
  if ('failure' in outcome || host.name === 'sandbox' || host.name === 'process') return outcome;
  const [code, message] = outcome.error;
  return { error: [code >= 200 && code <= 599 ? code : 500, message] };
}

/** Texts where bytes are UTF-8, with what differs between runs taken out. */
function comparable(outcome: Outcome, { host }: World): unknown {
  if ('failure' in outcome) return outcome;
  if ('error' in outcome) return [outcome.error[0], plain(outcome.error[1], host)];
  const { output } = outcome;
  if (output === undefined || typeof output === 'string') return output === undefined ? 'nil' : output.split('\n');
  try {
    return plain(fromUtf8(output), host).split('\n');
  } catch {
    return [...output]; // no text
  }
}

function plain(text: string, host: string): string {
  return text.replaceAll(UUID, '{uuid}').replaceAll(host, '{host}');
}
