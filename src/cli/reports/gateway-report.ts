import type { Home, NodeRecord } from '../../node/home/index.ts';
import { CliError } from '../errors.ts';
import type { Style } from '../output/style.ts';

/** A Sat as its gateway tells of it. */
export interface SatReport {
  readonly identifier: string;
  readonly instance: string;
  readonly software: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly inFlight: number;
  readonly draining: boolean;
  readonly finished: number;
  readonly failed: number;
  readonly joinedAtMs: number;
  readonly lastHeardMs: number;
  readonly functions: readonly string[];
}

/** A gateway as it tells of itself. */
export interface GatewayReport {
  readonly name: string;
  readonly identifier: string;
  readonly project: string;
  readonly url: string;
  readonly listenAt?: string;
  readonly relay: { readonly up: boolean; readonly reason?: string };
  readonly nowMonotonicMs: number;
  readonly gateway: {
    readonly application?: {
      readonly identifier: string;
      readonly version: string;
      readonly digest: string;
      readonly handlers: readonly string[];
    };
    readonly sats: readonly SatReport[];
    readonly requests: {
      readonly open: number;
      readonly served: number;
      readonly failed: number;
      readonly waiting: number;
    };
  };
}

/** The gateway of that name; without one the only gateway of the home. @throws {CliError} CLI_NOT_FOUND */
export function findGateway(home: Home, name: string | undefined): NodeRecord {
  const gateways = home.nodes.list().filter(({ kind }) => kind === 'gateway');
  const found =
    name === undefined && gateways.length === 1 ? gateways[0] : gateways.find((gateway) => gateway.name === name);
  if (found !== undefined) return found;
  const names = gateways.map((gateway) => gateway.name).join(', ');
  throw new CliError(
    'CLI_NOT_FOUND',
    name === undefined ? `there are ${gateways.length} gateways here` : `The gateway ${name} was not found`,
    {
      remedy: names === '' ? 'make one with: perigee gateway create --bundle FILE' : `name one of: ${names}`,
    },
  );
}

/** What the gateway says of itself. @throws {NodeError} NODE_NOT_RUNNING, NODE_CONTROL */
export async function askGateway(home: Home, gateway: NodeRecord): Promise<GatewayReport> {
  const { askNode } = await import('../../node/nodes/index.ts');
  return (await askNode(home, gateway, { method: 'GET', path: '/status' })) as GatewayReport;
}

/** One Sat in a list of them, three lines. */
export function satLines(sat: SatReport, nowMonotonicMs: number, style: Style): readonly string[] {
  const heard = Math.max(0, (nowMonotonicMs - sat.lastHeardMs) / 1000).toFixed(1);
  const facts = [...Object.entries(sat.attributes), ...Object.entries(sat.labels)].map(
    ([key, value]) => `${key}=${value}`,
  );
  return [
    `Sat ${style.primary(sat.identifier)}${sat.draining ? ` ${style.warning('leaving')}` : ''}`,
    `${sat.inFlight} of ${sat.concurrency} calls in flight, ${sat.finished} done, ${sat.failed} failed, heard ${heard} s ago, ${sat.functions.length} function(s)`,
    facts.join(' '),
  ];
}
