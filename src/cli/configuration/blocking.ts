/** `run --blocking`: the command is the parent that containers and supervisors see of the nodes that a recipe makes (`commands.md` §8.10). */
import { setTimeout as wait } from 'node:timers/promises';
import type { Home } from '../../node/home/index.ts';
import { stopNode } from '../../node/nodes/index.ts';
import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';

/** Ours: how often is looked whether a node still runs, milliseconds. */
const LOOK_MS = 250;

/**
 * Runs `make`, then waits until all nodes that it started have ended; a signal is passed on to them.
 * @throws {CliError} CLI_FAILED when one of them crashed or was killed · what `make` throws
 */
export async function untilNodesEnd(context: CommandContext, home: Home, make: () => Promise<void>): Promise<void> {
  const { output, signal } = context;
  const before = new Map(home.nodes.list().map(({ name, process }) => [name, process?.pid]));
  const started = (): readonly string[] =>
    home.nodes
      .list()
      .filter(({ name, process }) => process !== undefined && before.get(name) !== process.pid)
      .map(({ name }) => name);
  try {
    await make();
  } catch (error) {
    if (signal.aborted) await stopAll(context, home, started());
    throw error;
  }
  const running = new Set(started());
  const crashed: string[] = [];
  output.note(`Waiting for ${[...running].join(', ') || 'no node'}`);
  while (running.size > 0 && !signal.aborted) {
    for (const name of running) {
      if (home.nodes.find(name)?.status === 'running') continue;
      running.delete(name);
      if (!home.nodes.isUnreleased(name)) continue;
      crashed.push(name);
      output.warn(`The node ${name} crashed or was killed; see ${home.nodeDirectory(name)}`);
    }
    if (running.size > 0) await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  if (signal.aborted) {
    output.warn('Exit signal received');
    await stopAll(context, home, [...running]);
  }
  if (crashed.length > 0) {
    throw new CliError('CLI_FAILED', `not all nodes came to their end: ${crashed.join(', ')}`, {
      remedy: 'their logs and stderr.log say why; start one again with: perigee node start NAME',
    });
  }
}

async function stopAll({ output }: CommandContext, home: Home, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const node = home.nodes.find(name);
      if (node === undefined) return;
      await stopNode(home, node, () => output.warn(`Failed to stop node ${name} with SIGTERM, trying with SIGKILL`));
    }),
  );
}
