import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Command } from 'commander';
import type { CommandDefinition } from '../command.ts';
import { createStyle } from '../output/style.ts';
import { InvalidValueError } from './invalid-value.ts';
import { checkedLater } from './late-check.ts';
import { parseLeaf } from './leaf.ts';
import { RepeatableOption } from './repeatable-option.ts';

suite('a value that is checked after the words were parsed', () => {
  const seen: string[] = [];
  const upper = checkedLater(async (text) => {
    seen.push(text);
    if (text === 'fault') throw new RangeError('a fault of the check');
    if (text.includes('!')) throw new InvalidValueError('No marks.');
    return text.toUpperCase();
  });
  const parse = async (configure: (leaf: Command) => Command, ...argv: string[]) => {
    seen.length = 0;
    const definition: CommandDefinition = { configure: (leaf) => void configure(leaf), run: async () => undefined };
    const leaf = { name: 'perigee one', summary: 'One', argv, style: createStyle(false), hidden: false };
    const parsed = await parseLeaf(definition, leaf);
    assert.ok(parsed.help === undefined);
    return parsed;
  };
  const all = (leaf: Command): Command =>
    leaf
      .argument('[FIRST]', 'checked', upper)
      .argument('[REST...]', 'checked', upper)
      .option('-o, --option <VALUE>', 'checked', upper)
      .option('--given <VALUE>', 'has a value', upper, 'as it is')
      .option('--plain <VALUE>', 'not checked')
      .addOption(new RepeatableOption('--many <VALUE>', 'checked each', upper));

  test('is what the check makes of it, in options', async () => {
    const { options } = await parse(all, '--option', 'a', '--many', 'b', '--many=c', '--plain', 'd');
    assert.deepEqual(options, { option: 'A', many: ['B', 'C'], plain: 'd', given: 'as it is' });
    assert.deepEqual(seen, ['a', 'b', 'c'], 'what was not given is not checked');
  });

  test('is checked in arguments, which stay as they were typed', async () => {
    const { args } = await parse(all, 'x', 'y', 'z');
    assert.deepEqual(
      [args, seen],
      [
        ['x', 'y', 'z'],
        ['x', 'y', 'z'],
      ],
    );
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['-o', '!'], /^invalid value '!' for '--option <VALUE>': No marks\.\n\nUsage: perigee one /],
    [['--many', 'a', '--many', 'b!'], /^invalid value 'b!' for '--many <VALUE>': No marks\./],
    [['!'], /^invalid value '!' for '<FIRST>': No marks\./],
    [['a', 'b', 'c!'], /^invalid value 'c!' for '<REST>': No marks\./],
  ];
  for (const [argv, message] of wrong) {
    test(`that stands for none is complained of like any other: ${argv.join(' ')}`, () =>
      assert.rejects(parse(all, ...argv), { code: 'CLI_USAGE', message }));
  }

  test('whose check fails itself is no wrong value', () => assert.rejects(parse(all, 'fault'), RangeError));

  test('is not checked when the words are wrong already', async () => {
    await assert.rejects(parse(all, '--option', 'a', '--unknown'), { code: 'CLI_USAGE' });
    assert.deepEqual(seen, []);
  });
});
