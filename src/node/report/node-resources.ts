import type { NodeRecord } from '../home/index.ts';

/** The lists of a node's status; those of one that does not answer are empty. */
export interface ReportedStatus {
  readonly listenAt?: string;
  /** Where its HTTP server is. */
  readonly httpServer?: string;
  readonly transports?: readonly unknown[];
  readonly secure_channel_listeners?: readonly unknown[];
  readonly inlets?: readonly unknown[];
  readonly outlets?: readonly unknown[];
  readonly services?: readonly unknown[];
}

/** A node's resources, named and ordered as in the reference's JSON. */
export interface NodeResources {
  readonly name: string;
  readonly identity_name: string;
  readonly is_default: boolean;
  readonly status: NodeRecord['status'];
  readonly pid: number | undefined;
  readonly route: { readonly short: string; readonly verbose: string | undefined };
  readonly http_server_address: string | null;
  readonly transports: readonly unknown[];
  readonly secure_channel_listeners: readonly unknown[];
  readonly inlets: readonly unknown[];
  readonly outlets: readonly unknown[];
  readonly services: readonly unknown[];
  /** Ours. */
  readonly kind: NodeRecord['kind'];
}

/** The resources of `node`, whose status is `reported`, or nothing when it does not answer. */
export function nodeResources(node: NodeRecord, reported: ReportedStatus = {}): NodeResources {
  const { name, identity, isDefault, kind, process, status } = node;
  return {
    name,
    identity_name: identity,
    is_default: isDefault,
    status,
    pid: process?.pid,
    route: { short: `/node/${name}`, verbose: verboseRoute(reported.listenAt) },
    http_server_address: reported.httpServer ?? null,
    transports: reported.transports ?? [],
    secure_channel_listeners: reported.secure_channel_listeners ?? [],
    inlets: reported.inlets ?? [],
    outlets: reported.outlets ?? [],
    services: reported.services ?? [],
    kind,
  };
}

/** The route to a node of this machine that listens at `listenAt`, `host:port`. */
export function verboseRoute(listenAt: string | undefined): string | undefined {
  return listenAt === undefined ? undefined : `/dnsaddr/localhost/tcp/${listenAt.slice(listenAt.lastIndexOf(':') + 1)}`;
}
