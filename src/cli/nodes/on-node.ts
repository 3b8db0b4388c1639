/** What commands that work on a running node have in common: which node, made when there is none, and one call of it. What talks to nodes is loaded by the call. */
import type { Home, NodeRecord } from '../../node/home/index.ts';
import { hasCode } from '../../kernel/errors/index.ts';
import type { MultiAddr } from '../../network/routing/index.ts';
import type { CommandContext } from '../command.ts';
import { type Environment, setting } from '../environment.ts';
import { CliError } from '../errors.ts';
import { withArticle } from '../reports/node-kind.ts';

/** The name in `NAME` or `/node/NAME`. */
export function nodeName(text: string): string {
  return /^\/?node\/([^/]+)$/.exec(text)?.[1] ?? text;
}

/**
 * The node that a command works on: the one of that name, or the default one.
 * @param create makes a node when there is none at all (`commands.md` §8.3).
 * @throws {NodeError} NODE_UNKNOWN · {CliError} CLI_FAILED for a gateway or a Sat, which have nothing of the kind
 */
export async function nodeToUse(
  context: CommandContext,
  home: Home,
  given: string | undefined,
  { create = false }: { readonly create?: boolean } = {},
): Promise<NodeRecord> {
  if (given === undefined && create && home.nodes.list().length === 0) {
    const [{ randomName }, { systemRandom }, { newNode }] = await Promise.all([
      import('../../node/names/index.ts'),
      import('../../node/system/index.ts'),
      import('./new-node.ts'),
    ]);
    await newNode(context, home, { name: randomName(systemRandom, () => false), say: false });
  }
  const node = given === undefined ? home.nodes.default() : home.nodes.get(nodeName(given));
  if (node.kind === 'node') return node;
  throw new CliError(
    'CLI_FAILED',
    `${node.name} is ${withArticle(node.kind)}; this works on nodes made by 'node create'`,
  );
}

/** Specification: how long a node may take to answer when nothing says so, milliseconds. */
const ANSWER_MS = 120_000;

/** Ours: how often is looked whether a node is up that another command is starting, milliseconds. */
const LOOK_MS = 50;

/**
 * Calls a running node, or one that another command is just starting; the answer is what the node's part documents for the call.
 * @param timeoutMs how long it may take; `DEFAULT_TIMEOUT`, or two minutes, unless given.
 * @throws {NodeError} NODE_NOT_RUNNING, NODE_CONTROL · {CodedError} what the node says
 */
export async function callNode<T>(
  home: Home & { readonly environment?: Environment },
  node: NodeRecord,
  path: `/${string}`,
  body: unknown = {},
  timeoutMs?: number,
): Promise<T> {
  const call = {
    method: 'POST',
    path,
    body: new TextEncoder().encode(JSON.stringify(body)),
    timeoutMs: timeoutMs ?? (await answerTimeoutMs(home.environment ?? {})),
  } as const;
  const { askNode, isStarting } = await import('../../node/nodes/index.ts');
  for (let now = node; ; now = home.nodes.get(node.name)) {
    // Looked at first: what is up by the time it is asked is not being started any more.
    const mayComeUp = isStarting(home, now);
    try {
      return (await askNode(home, now, call)) as T;
    } catch (error) {
      if (!mayComeUp || !hasCode(error, 'NODE_NOT_RUNNING')) throw error;
    }
    await process.getBuiltinModule('node:timers/promises').setTimeout(LOOK_MS);
  }
}

/** By the variable, whose parser is loaded when it is set. @throws {CliError} CLI_INVALID_ENVIRONMENT */
async function answerTimeoutMs(environment: Environment): Promise<number> {
  if (setting(environment, 'DEFAULT_TIMEOUT') === undefined) return ANSWER_MS;
  const { defaultTimeoutMs } = await import('../options/default-timeout.ts');
  return defaultTimeoutMs(environment) ?? ANSWER_MS;
}

/**
 * The canonical text of a route that was given to a command, with every `/node/NAME` replaced (`commands.md` §6.2). The whole
 * route `self` is `/secure/api`.
 * @throws {NodeError} NODE_UNKNOWN, NODE_ROUTE · {RoutingError} ROUTING_INVALID_MULTI_ADDR
 */
export async function routeText(home: Home, text: string): Promise<string> {
  const { formatMultiAddr } = await import('../../network/routing/index.ts');
  return formatMultiAddr(await routeOf(home, text));
}

/** As {@link routeText}, in parts. */
export async function routeOf(home: Home, text: string): Promise<MultiAddr> {
  const [{ parseMultiAddr }, { replaceNodes }] = await Promise.all([
    import('../../network/routing/index.ts'),
    import('../../node/nodes/index.ts'),
  ]);
  return replaceNodes(home, parseMultiAddr(text === 'self' ? '/secure/api' : text));
}
