/** What `node create` does, and commands that need a node when there is none (`commands.md` §8.3). */
import {
  type GeneralConfiguration,
  type Home,
  type LaunchConfiguration,
  NodeError,
  type StatedAuthority,
} from '../../node/home/index.ts';
import { requireNodeName } from '../../node/names/index.ts';
import { recordNode } from '../../node/nodes/index.ts';
import { nodeResources } from '../../node/report/index.ts';
import type { CommandContext } from '../command.ts';
import { endOfInput } from './foreground.ts';
import type { NodeStatusReport } from '../reports/node-report.ts';
import { ownIdentity } from '../options/own-identity.ts';
import { startMember } from './start-member.ts';

/** A node to make. */
export interface NewNode {
  readonly name: string;
  /** `host:port`. Default: the loopback, a free port. */
  readonly listenAt?: string | undefined;
  /** Port of its HTTP server, 0 for a free one; none unless given. */
  readonly httpServerPort?: number | undefined;
  readonly identity?: string | undefined;
  /** Name of the project to belong to. Default: the default project, or none when there is none. */
  readonly project?: string | undefined;
  /** An authority to trust instead of a project. */
  readonly authority?: StatedAuthority | undefined;
  /** What it starts with instead of the default services. */
  readonly launch?: LaunchConfiguration | undefined;
  readonly foreground?: boolean | undefined;
  /** The node is the command's result; otherwise it is only told, or not even that. Default true. */
  readonly say?: boolean | 'nothing' | undefined;
  /** In the foreground: end when standard input does. */
  readonly exitOnEof?: boolean | undefined;
  /** In the foreground: take the node over although its recorded process exists, as in containers, where all have one number. */
  readonly skipIsRunningCheck?: boolean | undefined;
  /** Called when it is up and that was said; in the foreground its failure ends the node. */
  readonly onUp?: (() => Promise<void>) | undefined;
}

/** A node that runs is not made again. @throws {NodeError} NODE_RUNNING */
export function refuseRunning(
  home: Home,
  name: string,
  { foreground, skipIsRunningCheck }: Pick<NewNode, 'foreground' | 'skipIsRunningCheck'>,
): void {
  if (home.nodes.find(name)?.status !== 'running' || (foreground === true && skipIsRunningCheck === true)) return;
  throw new NodeError(
    'NODE_RUNNING',
    foreground === true ? `Node ${name} is already running` : `Node ${name} has been already created`,
    { remedy: `delete it first: perigee node delete ${name}` },
  );
}

/**
 * Makes a node and starts it, in place of a stopped one of its name.
 * @throws {NodeError} NODE_INVALID_NAME, NODE_RUNNING, NODE_UNKNOWN, NODE_START_FAILED
 */
export async function newNode(context: CommandContext, home: Home, node: NewNode): Promise<void> {
  const { output } = context;
  const name = requireNodeName(node.name);
  refuseRunning(home, name, node);
  const project =
    node.authority !== undefined
      ? undefined
      : node.project === undefined
        ? home.projects.default()
        : home.projects.get(node.project);
  const identity = await ownIdentity(context, home, node.identity);
  const recorded = home.nodes.find(name)?.process;
  if (recorded !== undefined && node.foreground === true && node.skipIsRunningCheck === true) {
    home.nodes.release(name, recorded);
  }
  recordNode(home, name, identity, {
    listenAt: node.listenAt ?? '127.0.0.1:0',
    ...(project !== undefined && { project: project.id }),
    ...(node.authority !== undefined && { authority: node.authority }),
    ...(node.launch !== undefined && { launch: node.launch }),
    ...(node.httpServerPort !== undefined && { httpServer: `127.0.0.1:${node.httpServerPort}` }),
  } satisfies GeneralConfiguration);
  const say = (status: NodeStatusReport | undefined): void => {
    const { resultStyle: style } = output;
    if (node.say === 'nothing') return undefined;
    const created = `Created a new Node named ${style.primary(name)}`;
    if (node.say === false) return output.ok(created);
    const lines = [`  ${style.success('✔')} ${created}`];
    if (home.nodes.get(name).isDefault) {
      lines.push(`  ${style.success('✔')} Marked ${style.primary(name)} as your default Node, on this machine`);
    }
    lines.push('', `    To see more details on this Node, run: ${context.program} node show ${name}`);
    // In the foreground nothing of it is for scripts, which wait for the end of the output.
    if (node.foreground === true) return output.result({ plain: lines.join('\n') });
    return output.result({
      plain: lines.join('\n'),
      machine: name,
      // Scripts know the resources of the node; the identifier is ours.
      json: { ...nodeResources(home.nodes.get(name), status), identifier: status?.identifier ?? null },
    });
  };
  const eof = node.exitOnEof === true ? endOfInput() : undefined;
  try {
    const signal = eof === undefined ? context.signal : AbortSignal.any([context.signal, eof.signal]);
    await startMember({ ...context, signal }, home, { name, foreground: node.foreground === true }, async (status) => {
      say(status);
      await node.onUp?.();
    });
  } finally {
    eof?.stop();
  }
}
