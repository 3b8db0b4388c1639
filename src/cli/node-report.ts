/** What a node is and does, as `node show` and `node start` print it (`commands.md` §8.3). */
import type { Home, NodeRecord } from '../node/home/index.ts';
import { askNode } from '../node/nodes/index.ts';
import type { Output, Result } from './output.ts';

/** What a node says of itself, as far as commands print it. */
export interface NodeStatusReport {
  readonly identifier: string;
  readonly project: string;
  readonly url?: string;
  readonly listenAt?: string;
  readonly relay?: { readonly up: boolean; readonly reason?: string };
  readonly gateway?: unknown;
  readonly sat?: { readonly state: string; readonly gateway?: string; readonly inFlight: number };
}

/** Asks the node; undefined when it does not run or does not answer, which is no failure here. */
export async function statusOf(home: Home, node: NodeRecord): Promise<NodeStatusReport | undefined> {
  if (node.status !== 'running') return undefined;
  try {
    return (await askNode(home, node, { method: 'GET', path: '/status' })) as NodeStatusReport;
  } catch {
    return undefined;
  }
}

/** The forms of a node's report; there is no machine form, so that scripts get JSON. */
export function nodeReport(
  { resultStyle: style }: Output,
  node: NodeRecord,
  status: NodeStatusReport | undefined,
): Result {
  const { name, isDefault, kind, identity, process } = node;
  const lines = [
    `${style.primary(name)}${isDefault ? ' (default)' : ''}, a ${kind}:`,
    process === undefined
      ? `  The node is ${style.failure('DOWN')}`
      : `  The node is ${style.success('UP')}, with PID ${process.pid}`,
    `  With route /node/${name}`,
    `  Identity: ${identity}${status === undefined ? '' : `, ${status.identifier}`}`,
  ];
  if (status !== undefined) {
    lines.push(`  Project: ${status.project}`);
    if (status.url !== undefined) lines.push(`  Serves HTTP at ${style.primary(status.url)}`);
    if (status.listenAt !== undefined) lines.push(`  Sats may dial ${status.listenAt}`);
    if (status.relay !== undefined) {
      lines.push(
        `  Reached through the project: ${status.relay.up ? style.success('yes') : `${style.failure('no')}, ${status.relay.reason}`}`,
      );
    }
    if (status.sat !== undefined) lines.push(`  Sat: ${status.sat.state}, ${status.sat.inFlight} call(s) in flight`);
  }
  return {
    plain: lines.map((line) => `    ${line}`).join('\n'),
    json: {
      http_server_address: null,
      identity_name: identity,
      inlets: [],
      is_default: isDefault,
      kind,
      name,
      outlets: [],
      pid: process?.pid,
      route: { short: `/node/${name}` },
      secure_channel_listeners: [],
      services: [],
      status: node.status,
      transports: [],
      ...(status !== undefined && { report: status }),
    },
  };
}
