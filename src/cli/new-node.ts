/** What `node create` does, and commands that need a node when there is none (`commands.md` §8.3). */
import { type GeneralConfiguration, type Home, requireNodeName } from '../node/home/index.ts';
import { recordNode } from '../node/nodes/index.ts';
import type { CommandContext } from './command.ts';
import { ownIdentity } from './own-identity.ts';
import { startMember } from './start-member.ts';

/** A node to make. */
export interface NewNode {
  readonly name: string;
  /** `host:port`. Default: the loopback, a free port. */
  readonly listenAt?: string | undefined;
  readonly identity?: string | undefined;
  /** Name of the project to belong to. Default: the default project, or none when there is none. */
  readonly project?: string | undefined;
  readonly foreground?: boolean | undefined;
  /** The node is the command's result; otherwise it is only told. Default true. */
  readonly say?: boolean | undefined;
}

/**
 * Makes a node and starts it, in place of a stopped one of its name.
 * @throws {NodeError} NODE_INVALID_NAME, NODE_RUNNING, NODE_UNKNOWN, NODE_START_FAILED
 */
export async function newNode(context: CommandContext, home: Home, node: NewNode): Promise<void> {
  const { output } = context;
  const name = requireNodeName(node.name);
  const project = node.project === undefined ? home.projects.default() : home.projects.get(node.project);
  const identity = await ownIdentity(context, home, node.identity);
  recordNode(home, name, identity, {
    listenAt: node.listenAt ?? '127.0.0.1:0',
    ...(project !== undefined && { project: project.id }),
  } satisfies GeneralConfiguration);
  await startMember(context, home, { name, foreground: node.foreground === true }, (status) => {
    const { resultStyle: style } = output;
    const created = `Created a new Node named ${style.primary(name)}`;
    if (node.say === false) return output.ok(created);
    const lines = [`  ${style.success('✔')} ${created}`];
    if (home.nodes.get(name).isDefault) {
      lines.push(`  ${style.success('✔')} Marked ${style.primary(name)} as your default Node, on this machine`);
    }
    lines.push('', `    To see more details on this Node, run: ${context.program} node show ${name}`);
    return output.result({
      plain: lines.join('\n'),
      machine: name,
      json: { identifier: status?.identifier ?? null, name, route: { short: `/node/${name}` } },
    });
  });
}
