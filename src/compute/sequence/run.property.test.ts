import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import type { RequestView } from '../abi/index.ts';
import type { FunctionCall, OnErr, Sequence, Step } from '../directive/index.ts';
import { type FunctionResult, runSequence } from './index.ts';

/** What a function does in these tests: writes, then ends. Its text tells everything that it saw. */
interface Behaviour {
  readonly header: string | undefined;
  readonly stateWrite: string | undefined;
  readonly url: string | undefined;
  readonly responseHeader: string | undefined;
  readonly result: 'output' | 'nothing' | 'trap' | number;
}

const KEYS = ['k1', 'k2', 'k3', 'k4'];
const key = fc.constantFrom(...KEYS);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  header: maybe(fc.constantFrom('x', 'y')),
  stateWrite: maybe(key),
  url: maybe(fc.constantFrom('/1', '/2')),
  responseHeader: maybe(fc.constantFrom('p', 'q')),
  result: fc.oneof(
    { weight: 12, arbitrary: fc.constant('output' as const) },
    { weight: 2, arbitrary: fc.constant('nothing' as const) },
    { weight: 1, arbitrary: fc.constant('trap' as const) },
    { weight: 6, arbitrary: fc.constantFrom(0, 404, 500) },
  ),
});
const action = fc.constantFrom('return' as const, 'continue' as const, 'continue' as const);
const onErr: fc.Arbitrary<OnErr | undefined> = maybe(
  fc.oneof(
    fc.record({ codes: fc.constant([]), any: maybe(action), other: fc.constant(undefined) }),
    fc.record({
      codes: fc.array(fc.record({ code: fc.constantFrom(404, 500), action }), { minLength: 1, maxLength: 2 }),
      any: fc.constant(undefined),
      other: maybe(action),
    }),
  ),
);
const call: fc.Arbitrary<FunctionCall & { readonly does: Behaviour }> = fc.record({
  fn: fc.constant('f'),
  target: fc.constant({ identifier: 'a', namespace: 'default', name: 'f', version: 'v1.0.0' }),
  key,
  with: maybe(
    fc.uniqueArray(fc.record({ alias: fc.constantFrom('x', 'y', 'k1'), key }), {
      minLength: 1,
      maxLength: 2,
      selector: (entry) => entry.alias,
    }),
  ),
  onErr,
  place: fc.constant('f:1:1'),
  does: behaviour,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('function' as const), call }),
  fc.record({ kind: fc.constant('group' as const), calls: fc.array(call, { minLength: 1, maxLength: 3 }), onErr }),
);
const sequence: fc.Arbitrary<Sequence> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  response: maybe(key),
});

type Texts = Readonly<Record<string, string>>;
interface Seen {
  readonly url: string;
  readonly headers: Texts;
  readonly state: Texts;
  readonly responseHeaders: Texts;
}

const say = (seen: Seen): string => JSON.stringify([seen.url, sorted(seen.headers), sorted(seen.state)]);
const sorted = (texts: Texts): readonly string[] =>
  Object.entries(texts)
    .map(([name, value]) => `${name}=${value}`)
    .sort();

/** The rules once more, with plain objects that are never changed and functions that run one after the other. */
function naive({ steps, response }: Sequence, start: Seen, shared: boolean): unknown {
  let now = start;
  for (const one of steps) {
    const calls = one.kind === 'group' ? one.calls : [one.call];
    const before = now;
    const outputs: [string, string][] = [];
    for (const member of calls) {
      const { does } = member as FunctionCall & { readonly does: Behaviour };
      let visible = before.state;
      if (member.with !== undefined) {
        if (member.with.some((entry) => before.state[entry.key] === undefined)) return 'failure';
        const hidden = new Set(member.with.map((entry) => entry.key));
        const rest = Object.entries(before.state).filter(([name]) => shared && !hidden.has(name));
        visible = {
          ...Object.fromEntries(rest),
          ...Object.fromEntries(member.with.map(({ alias, key }) => [alias, before.state[key]!])),
        };
      }
      if (does.result === 'trap') return 'failure';
      const text = say({ ...before, state: visible });
      let isError = false;
      if (typeof does.result === 'number' && does.result !== 0) {
        isError = true;
        const rules = [member.onErr, one.kind === 'group' ? one.onErr : undefined];
        const words = rules.map((rule) =>
          rule === undefined
            ? undefined
            : rule.codes.length === 0
              ? rule.any
              : (rule.codes.find(({ code }) => code === does.result)?.action ?? rule.other),
        );
        if ((words.find((word) => word !== undefined) ?? 'return') === 'return') return ['error', does.result];
        outputs.push([member.key, `{"code":${does.result},"message":"m"}`]);
      } else outputs.push([member.key, does.result === 'output' ? text : '']);
      const mark = `by ${member.key}`;
      // A write that changes nothing is no change: another member's write wins over it.
      const isNew = does.responseHeader !== undefined && before.responseHeaders[does.responseHeader] !== mark;
      if (does.responseHeader !== undefined && isNew && (shared || !isError)) {
        now = { ...now, responseHeaders: { ...now.responseHeaders, [does.responseHeader]: mark } };
      }
      if (!shared) continue;
      if (does.url !== undefined && does.url !== before.url) now = { ...now, url: does.url };
      if (does.header !== undefined && before.headers[does.header] !== mark)
        now = { ...now, headers: { ...now.headers, [does.header]: mark } };
      if (does.stateWrite !== undefined && member.with === undefined) {
        now = { ...now, state: { ...now.state, [does.stateWrite]: mark } };
      }
    }
    now = { ...now, state: { ...now.state, ...Object.fromEntries(outputs) } };
  }
  const last = steps.at(-1)!;
  const selected = response ?? (last.kind === 'function' ? last.call.key : undefined);
  return ['output', selected === undefined ? undefined : now.state[selected], now.responseHeaders];
}

/** `map` with one entry more; views share theirs. */
const having = <V>(map: ReadonlyMap<string, V>, name: string, value: V): ReadonlyMap<string, V> =>
  new Map([...map, [name, value]]);

function execute(does: Behaviour, name: string, view: RequestView): FunctionResult {
  const text = say({
    url: view.url,
    headers: Object.fromEntries(view.headers),
    state: Object.fromEntries([...view.state].map(([key, value]) => [key, fromUtf8(value)])),
    responseHeaders: {},
  });
  const mark = `by ${name}`;
  if (does.responseHeader !== undefined) view.responseHeaders = having(view.responseHeaders, does.responseHeader, mark);
  if (does.url !== undefined) view.url = does.url;
  if (does.header !== undefined) view.headers = having(view.headers, does.header, mark);
  if (does.stateWrite !== undefined) view.state = having(view.state, does.stateWrite, utf8(mark));
  if (does.result === 'trap') throw new Error('trap');
  if (does.result === 'output') return { kind: 'output', output: utf8(text) };
  if (does.result === 'nothing') return { kind: 'output', output: undefined };
  return { kind: 'error', code: does.result, message: does.result === 0 ? '' : 'm' };
}

test('agrees with a naive interpreter', async () => {
  let outputs = 0;
  await fc.assert(
    fc.asyncProperty(sequence, fc.boolean(), async (steps, shared) => {
      const start: Seen = { url: '/0', headers: {}, state: { k1: 'one', k2: 'two' }, responseHeaders: {} };
      const request: RequestView = {
        method: 'GET',
        url: start.url,
        id: 'id',
        body: utf8(''),
        headers: new Map(),
        params: new Map(),
        state: new Map(Object.entries(start.state).map(([name, value]) => [name, utf8(value)])),
        responseHeaders: new Map(),
      };
      const outcome = await runSequence(
        steps,
        request,
        (one, view) =>
          Promise.resolve().then(() => execute((one as FunctionCall & { does: Behaviour }).does, one.key, view)),
        { clock: new VirtualClock(), rules: { sharedRequest: shared } },
      );
      const told =
        outcome.kind === 'output'
          ? ['output', outcome.output && fromUtf8(outcome.output), Object.fromEntries(outcome.headers)]
          : outcome.kind === 'error'
            ? ['error', outcome.error.code]
            : 'failure';
      const expected = naive(steps, start, shared);
      if (outcome.kind === 'output') outputs++;
      // Which of several ends of one group comes first depends on time, so only that it ended is compared there.
      const endsTogether = steps.steps.some((one) => one.kind === 'group' && one.calls.length > 1);
      if (endsTogether && outcome.kind !== 'output')
        assert.notEqual(Array.isArray(expected) ? expected[0] : expected, 'output');
      else assert.deepEqual(told, expected);
    }),
    { numRuns: 1500 },
  );
  assert.ok(outputs > 100, 'enough of the sequences come to an end');
});
