/** What nodes say of outlets, inlets and relays, and how commands print it (`commands.md` §8.5). */
import type { Style } from '../output/style.ts';

/** An outlet, as `POST /tcp-outlet/list` gives it. */
export interface OutletStatus {
  readonly payload: null;
  readonly to: string;
  readonly worker_addr: { readonly inner: readonly number[]; readonly tt: 0 };
}

/** An inlet, as `POST /tcp-inlet/list` gives it. */
export interface InletStatus {
  readonly alias: string;
  readonly bind_addr: string;
  readonly outlet_addr: string;
  readonly outlet_route: string | null;
  /** Why it is down, if that is known. */
  readonly payload: string | null;
  readonly status: 'Up' | 'Down';
  readonly worker_addr: string | null;
}

/** A relay, as `POST /relay/list` gives it. */
export interface RelayStatus {
  readonly connection_status: 'Up' | 'Down';
  readonly destination_address: string;
  readonly flow_control_id: string | null;
  readonly forwarding_route: string | null;
  readonly last_failure: string | null;
  readonly name: string;
  readonly remote_address: string | null;
  readonly worker_address: string | null;
}

/** The name of an outlet's worker. */
export function outletName({ worker_addr: { inner } }: OutletStatus): string {
  return Buffer.from(inner).toString();
}

/** An inlet on three lines, and a fourth one that says why it is down. */
export function inletLines(
  { alias, bind_addr, outlet_route, outlet_addr, payload, status }: InletStatus,
  style: Style,
): string[] {
  return [
    `Inlet ${style.primary(alias)} at ${style.primary(bind_addr)} is ${upOrDown(status, style)}`,
    `With route to outlet ${outlet_route ?? 'N/A'}`,
    `Outlet Address: ${outlet_addr}`,
    ...(payload === null ? [] : [`Last failure: ${payload}`]),
  ];
}

/** A relay on two lines, and a third one that says why it is down. */
export function relayLines(relay: RelayStatus, style: Style): string[] {
  const { name, destination_address: at, connection_status: status, remote_address: address } = relay;
  return [
    `Relay ${style.primary(name)} is ${upOrDown(status, style)} at ${at}`,
    `With address ${address === null ? 'N/A' : `/service/${address}`}`,
    ...(relay.last_failure === null ? [] : [`Last failure: ${relay.last_failure}`]),
  ];
}

function upOrDown(status: 'Up' | 'Down', style: Style): string {
  return status === 'Up' ? style.success('UP') : style.failure('DOWN');
}
