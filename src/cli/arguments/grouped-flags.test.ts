import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Command } from 'commander';
import { takeGrouped } from './grouped-flags.ts';

const command = new Command('one')
  .option('-y, --yes')
  .option('-f, --foreground')
  .option('-a, --attribute <KEY=VALUE>')
  .option('-o, --optional [VALUE]');

suite('global flags in groups', () => {
  const cases: readonly (readonly [readonly string[], readonly string[], boolean, number])[] = [
    [['-yq'], ['-y'], true, 0],
    [['-qy'], ['-y'], true, 0],
    [['-vyvf', 'x'], ['-yf', 'x'], false, 2],
    [['-yqh'], ['-yh'], true, 0],
    [['-aq=v'], ['-aq=v'], false, 0],
    [['-yqaqv'], ['-yaqv'], true, 0],
    [['-oqv'], ['-oqv'], false, 0],
    [['-a', '-yq'], ['-a', '-yq'], false, 0],
    [['--attribute', '-yq', '-yq'], ['--attribute', '-yq', '-y'], true, 0],
    [['-yqx'], ['-yqx'], false, 0],
    [['-y', '--', '-yq'], ['-y', '--', '-yq'], false, 0],
    [['--quit', 'yq', '-', ''], ['--quit', 'yq', '-', ''], false, 0],
  ];
  for (const [argv, rest, quiet, verbose] of cases) {
    test(argv.join(' '), () => {
      assert.deepEqual(takeGrouped(command, argv), { quiet, verbose, argv: rest });
    });
  }
});
