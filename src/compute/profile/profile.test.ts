import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guestReader, type CallFrame, type CpuProfile, ProfileCollector } from './index.ts';

const NO_MAP = { importedFunctions: 2, functions: 100, rewritten: Uint32Array.of(100), original: Uint32Array.of(50) };
const MINE = 'wasm://wasm/moduleabc-00ff';

function frame(functionName: string, url = '', columnNumber = 0): CallFrame {
  return { functionName, url, scriptId: '7', lineNumber: 3, columnNumber };
}

type Tree = readonly [id: number, frame: CallFrame, children?: readonly Tree[]];

function pieceOf(tree: Tree, samples: readonly number[]): CpuProfile {
  const nodes: CpuProfile['nodes'][number][] = [];
  const visit = ([id, callFrame, children = []]: Tree): void => {
    nodes.push({ id, callFrame, hitCount: 0, children: children.map(([child]) => child) });
    children.forEach(visit);
  };
  visit(tree);
  return { nodes, samples, timeDeltas: samples.map(() => 10), startTime: 5, endTime: 5 + samples.length * 10 };
}

/** Every sample as the names from the root to where it was taken. */
function stacksOf({ nodes, samples }: CpuProfile): string[] {
  const names = new Map<number, string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, path: string): void => {
    const node = byId.get(id);
    assert.ok(node);
    const here = `${path}/${node.callFrame.functionName}`;
    names.set(id, here);
    for (const child of node.children ?? []) visit(child, here);
  };
  visit(nodes[0]?.id ?? 0, '');
  return samples.map((id) => names.get(id) ?? assert.fail(`no node ${id}`));
}

const TREE: Tree = [
  1,
  frame('(root)'),
  [
    [2, frame('(idle)')],
    [3, frame('(program)')],
    [
      4,
      frame('next', 'file:///secret/place/scheduler.ts'),
      [
        [
          5,
          frame('wasm-function[1]', 'wasm://wasm/99887766'),
          [
            [
              6,
              frame('run', MINE, 100),
              [
                [7, frame('wasm-function[5]', MINE, 104)],
                [8, frame('wasm-to-js::i', MINE), [[9, frame('log', 'file:///secret/place/log.ts')]]],
                [10, frame('(garbage collector)')],
              ],
            ],
          ],
        ],
        [11, frame('run', 'wasm://wasm/moduleabd-00ff')],
      ],
    ],
  ],
];

test('what one module did is kept, with the host functions it called, and nothing of others', () => {
  const collector = new ProfileCollector(guestReader('moduleabc', NO_MAP));
  collector.add(1, pieceOf(TREE, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  const profile = collector.profile();
  assert.deepEqual(stacksOf(profile), [
    '/(root)/(idle)',
    '/(root)/(other)',
    '/(root)/(other)',
    '/(root)/(other)',
    '/(root)/run',
    '/(root)/run/wasm-function[4]',
    '/(root)/run',
    '/(root)/run/log',
    '/(root)/run/(garbage collector)',
    '/(root)/(other)',
  ]);
  assert.doesNotMatch(JSON.stringify(profile), /secret|abd/);
  const offsets = profile.nodes.filter(({ callFrame }) => callFrame.url === 'wasm://wasm/function');
  const columns = new Set(offsets.map(({ callFrame }) => callFrame.columnNumber));
  assert.deepEqual(columns, new Set([50, 54]), 'of the original');
});

test('the function that makes an instance new again has its own name', () => {
  const collector = new ProfileCollector(guestReader('moduleabc', NO_MAP));
  const renew = frame('wasm-function[101]', MINE, 100);
  collector.add(1, pieceOf([1, frame('(root)'), [[2, renew]]], [2]));
  assert.deepEqual(stacksOf(collector.profile()), ['/(root)/perigee.renew']);
});

test('pieces of one thread go on, threads come one after the other', () => {
  const collector = new ProfileCollector(guestReader('moduleabc', NO_MAP));
  collector.add(1, pieceOf(TREE, [6, 6]));
  collector.add(2, pieceOf(TREE, [7]));
  collector.add(1, pieceOf(TREE, [2]));
  const profile = collector.profile();
  assert.deepEqual(
    stacksOf(profile).map((stack) => stack.split('/').at(-1)),
    ['run', 'run', '(idle)', 'wasm-function[4]'],
  );
  assert.deepEqual([profile.timeDeltas, profile.startTime, profile.endTime], [[10, 10, 10, 10], 0, 40]);
  assert.equal(profile.nodes.find(({ callFrame }) => callFrame.functionName === 'run')?.hitCount, 2, 'one node');
  const ids = profile.nodes.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('hits add up to samples, and every sample has its node, whatever the tree', () => {
  const names = fc.constantFrom('run', 'wasm-function[3]', 'wasm-to-js::', '(idle)', 'host', '(program)');
  const urls = fc.constantFrom(MINE, '', 'node:fs', 'file:///x');
  const tree = fc.letrec<{ tree: { f: CallFrame; children: unknown[] } }>((tie) => ({
    tree: fc.record({
      f: fc.tuple(names, urls).map(([functionName, url]) => frame(functionName, url)),
      children: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constant<unknown>([]) as fc.Arbitrary<unknown[]>,
        fc.array(tie('tree') as fc.Arbitrary<unknown>, { maxLength: 3 }),
      ),
    }),
  })).tree;
  fc.assert(
    fc.property(tree, fc.array(fc.nat(40)), (root, picks) => {
      let count = 0;
      const number = ({ f, children }: { f: CallFrame; children: unknown[] }): Tree => {
        const id = ++count;
        return [id, f, children.map((child) => number(child as { f: CallFrame; children: unknown[] }))];
      };
      const numbered = number(root);
      const collector = new ProfileCollector(guestReader('moduleabc', NO_MAP));
      collector.add(
        1,
        pieceOf(
          numbered,
          picks.map((pick) => (pick % (count + 1)) + 1),
        ),
      );
      const profile = collector.profile();
      assert.equal(stacksOf(profile).length, picks.length);
      assert.equal(
        profile.nodes.reduce((sum, { hitCount }) => sum + hitCount, 0),
        picks.length,
      );
    }),
  );
});

test('a tree that leads in circles, or is very deep or wide, is read within bounds', () => {
  const collector = new ProfileCollector(guestReader('moduleabc', NO_MAP));
  const loop = [1, 2, 3].map((id) => ({ id, callFrame: frame('run', MINE), hitCount: 0, children: [(id % 3) + 1] }));
  collector.add(1, {
    nodes: [{ id: 9, callFrame: frame('(root)'), hitCount: 0, children: [1] }, ...loop],
    samples: [2],
    timeDeltas: [-4],
    startTime: 0,
    endTime: 1,
  });
  const deep = Array.from({ length: 50_000 }, (_, i) => ({
    id: i + 1,
    callFrame: frame('run', MINE),
    hitCount: 0,
    children: [i + 2],
  }));
  collector.add(1, { nodes: deep, samples: [50_000], timeDeltas: [1], startTime: 0, endTime: 1 });
  const wide = Array.from({ length: 200_000 }, (_, i) => ({ id: i + 1, callFrame: frame(`f${i}`, MINE), hitCount: 0 }));
  collector.add(1, { nodes: wide, samples: [1, 200_000], timeDeltas: [1, 1], startTime: 0, endTime: 1 });
  const { nodes, samples, timeDeltas } = collector.profile();
  assert.equal(nodes.length, 100_000);
  assert.equal(samples.length, 4);
  assert.deepEqual(timeDeltas, [0, 1, 1, 1]);
  const known = new Set(nodes.map(({ id }) => id));
  assert.ok(samples.every((id) => known.has(id)));
});
