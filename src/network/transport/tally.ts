import type { Closed, CloseReason, Connection, TransportCounters } from './transport.ts';

/** The counters and the standing connections of one transport. */
export class Tally {
  readonly connections: Set<Connection> = new Set();
  heartbeats = 0;
  rejected = 0;
  readonly #begun = { opened: 0, accepted: 0 };
  readonly #closed: Record<CloseReason, number> = {
    'closed-here': 0,
    'closed-by-peer': 0,
    'wrong-version': 0,
    'version-timeout': 0,
    'frame-too-large': 0,
    'frame-malformed': 0,
    'message-too-large': 0,
    'input-error': 0,
  };

  begin(connection: Connection): void {
    this.#begun[connection.direction]++;
    this.connections.add(connection);
  }

  end(connection: Connection, { reason }: Closed): void {
    if (this.connections.delete(connection)) this.#closed[reason]++;
  }

  /** A copy of the counters. */
  get counters(): TransportCounters {
    return {
      ...this.#begun,
      rejected: this.rejected,
      heartbeats: this.heartbeats,
      closed: { ...this.#closed },
    };
  }
}
