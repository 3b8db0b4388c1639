/** Why a connection of a portal ended. */
export type EndReason =
  /** The local socket: its end of stream, an error, or it took no data for too long. */
  | 'local-end'
  | 'local-error'
  | 'local-stalled'
  /** A Disconnect came. */
  | 'peer-end'
  /** No Pong came. */
  | 'unanswered'
  /** A message of the peer is missing. */
  | 'message-lost'
  /** An access control, a flow control or a full queue stopped a message. */
  | 'denied'
  /** The channel or connection to the peer is gone. */
  | 'way-lost'
  /** Ended by the owner of the portal, or with its router. */
  | 'stopped';

/** How a connection of a portal ended. */
export interface ConnectionEnd {
  readonly reason: EndReason;
  /** More about it, for the local log. */
  readonly detail?: string | undefined;
}

/**
 * What happens at a portal, for the local log; the peer learns none of it. `connection` is the address of its worker here,
 * `peer` who the secure channel proved the other end to be.
 */
export type PortalEvent =
  /** Inlet: there is a way to the outlet; there is none, and clients are cut off. */
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly reason: string }
  /** Both ends are connected. */
  | { readonly kind: 'opened'; readonly connection: string; readonly peer: string | undefined }
  /** A connection that was `opened`, or an inlet's that was not to be. */
  | ({
      readonly kind: 'closed';
      readonly connection: string;
      readonly peer: string | undefined;
      /** Data bytes to and from the peer. */
      readonly sentBytes: number;
      readonly receivedBytes: number;
    } & ConnectionEnd)
  /** A connection that was not made: too many, no way, or the target cannot be reached. */
  | { readonly kind: 'refused'; readonly peer: string | undefined; readonly reason: string }
  /** A message that has no meaning here; the connection goes on without it. */
  | { readonly kind: 'message-refused'; readonly connection: string; readonly reason: string };
