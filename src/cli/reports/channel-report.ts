/** What nodes say of channels, connections and services (`commands.md` §8.9). */

/** A channel that a node opened, as `POST /secure-channel/list` gives it. */
export interface ChannelStatus {
  readonly address: string;
  readonly authorized_identifiers: readonly string[] | null;
  readonly channel: string;
  readonly flow_control_id: string;
  readonly peer: string;
  readonly route: string;
  readonly to: string;
}

/** A listener for channels, as in node resources. */
export interface ChannelListenerStatus {
  readonly address: { readonly inner: readonly number[]; readonly tt: 0 };
  readonly flow_control_id: string;
  readonly is_key_exchange_only: boolean;
}

/** A connection or a place where a node listens, as in node resources. */
export interface TransportStatus {
  readonly flow_control_id: string;
  readonly mode: 'Listen' | 'Incoming' | 'Outgoing';
  readonly processor_address: string;
  readonly socket_addr: string;
  readonly type: 'Tcp';
  readonly worker_addr: string;
}

/** A simple service, as in node resources. */
export interface ServiceStatus {
  readonly addr: string;
  readonly type: string;
}

/** The name of a listener's worker. */
export function listenerName({ address: { inner } }: ChannelListenerStatus): string {
  return Buffer.from(inner).toString();
}

/** A transport on one line. */
export function transportLine({ mode, socket_addr }: TransportStatus): string {
  return mode === 'Listen' ? `TCP, Listening at ${socket_addr}` : `TCP, ${mode} at ${socket_addr}`;
}

/** The one that is meant by the address of its worker or its socket. */
export function transportAt(items: readonly TransportStatus[], address: string): TransportStatus | undefined {
  const name = address.replace(/^\/?(?:worker|service)\//, '');
  return items.find(({ worker_addr, socket_addr }) => worker_addr === `0#${name}` || socket_addr === name);
}
