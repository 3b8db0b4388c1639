/** What a node is and does, as `node show` and `node start` print it (`commands.md` §8.3). */
import type { Home, NodeRecord } from '../../node/home/index.ts';
import { nodeResources, verboseRoute } from '../../node/report/index.ts';
import {
  type ChannelListenerStatus,
  listenerName,
  type ServiceStatus,
  transportLine,
  type TransportStatus,
} from './channel-report.ts';
import { withArticle } from './node-kind.ts';
import type { Output, Result } from '../output/output.ts';
import { type InletStatus, outletName, type OutletStatus } from './portal-report.ts';

/** What a node says of itself, as far as commands print it. */
export interface NodeStatusReport {
  readonly identifier: string;
  readonly project?: string;
  readonly url?: string;
  readonly listenAt?: string;
  /** Where its HTTP server is. */
  readonly httpServer?: string;
  readonly relay?: { readonly up: boolean; readonly reason?: string };
  readonly gateway?: unknown;
  /** Where metrics are scraped. */
  readonly metrics?: string;
  readonly transports?: readonly TransportStatus[];
  readonly secure_channel_listeners?: readonly ChannelListenerStatus[];
  readonly inlets?: readonly InletStatus[];
  readonly outlets?: readonly OutletStatus[];
  readonly services?: readonly ServiceStatus[];
  readonly sat?: {
    readonly state: string;
    readonly gateway?: string;
    readonly inFlight: number;
    readonly trouble?: string;
  };
}

/** Asks the node; undefined when it does not run or does not answer, which is no failure here. */
export async function statusOf(home: Home, node: NodeRecord): Promise<NodeStatusReport | undefined> {
  if (node.status !== 'running') return undefined;
  const { askNode } = await import('../../node/nodes/index.ts');
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
  const verbose = verboseRoute(status?.listenAt);
  const lines = [
    `${style.primary(name)}${isDefault ? ' (default)' : ''}, ${withArticle(kind)}:`,
    process === undefined
      ? `  The node is ${style.failure('DOWN')}`
      : `  The node is ${style.success('UP')}, with PID ${process.pid}`,
    `  With route /node/${name}${verbose === undefined ? '' : ` or ${verbose}`}`,
    ...(status?.httpServer === undefined ? [] : [`  HTTP server listening at ${status.httpServer}`]),
    `  Identity: ${identity}${status === undefined ? '' : `, ${status.identifier}`}`,
  ];
  if (status !== undefined) {
    if (status.project !== undefined) lines.push(`  Project: ${status.project}`);
    if (status.url !== undefined) lines.push(`  Serves HTTP at ${style.primary(status.url)}`);
    if (status.listenAt !== undefined && kind === 'gateway') lines.push(`  Sats may dial ${status.listenAt}`);
    if (status.relay !== undefined) {
      lines.push(
        `  Reached through the project: ${status.relay.up ? style.success('yes') : `${style.failure('no')}, ${status.relay.reason}`}`,
      );
    }
    if (status.metrics !== undefined) lines.push(`  Metrics at ${style.primary(status.metrics)}`);
    if (status.sat !== undefined) lines.push(`  Sat: ${status.sat.state}, ${status.sat.inFlight} call(s) in flight`);
    if (status.sat?.trouble !== undefined) lines.push(`  Not joined: ${status.sat.trouble}`);
  }
  if (kind === 'node') lines.push(...generalLines(status).map((line) => `  ${line}`));
  return {
    plain: lines.map((line) => `    ${line}`).join('\n'),
    json: { ...nodeResources(node, status), ...(status !== undefined && kind !== 'node' && { report: status }) },
  };
}

/** What a node for anything has, section by section (`commands.md` §8.3). */
function generalLines(status: NodeStatusReport | undefined): readonly string[] {
  const portals = [
    ...(status?.inlets ?? []).flatMap(({ alias, bind_addr, status: state, outlet_addr }) => [
      `Inlet ${alias} at ${bind_addr} is ${state.toUpperCase()}`,
      `  With route to outlet ${outlet_addr}`,
    ]),
    ...(status?.outlets ?? []).map((outlet) => `Outlet at /service/${outletName(outlet)} is connected to ${outlet.to}`),
  ];
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Transports', (status?.transports ?? []).map(transportLine)],
    [
      'Secure Channels',
      (status?.secure_channel_listeners ?? []).map((one) => `Listener at /service/${listenerName(one)}`),
    ],
    ['Portals', portals],
    ['Services', (status?.services ?? []).map(({ type, addr }) => `${type} service at ${addr}`)],
  ];
  return sections.flatMap(([title, lines]) =>
    lines.length === 0 ? [`No ${title}`] : [`${title}:`, ...lines.map((line) => `  ${line}`)],
  );
}
