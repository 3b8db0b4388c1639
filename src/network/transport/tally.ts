import { SlotMap } from '../../kernel/index.ts';
import type { Closed, CloseReason, Connection, TransportCounters } from './transport.ts';

/** The counters and the standing connections of one transport. */
export class Tally {
  readonly #connections = new SlotMap<Connection, string>();
  heartbeats = 0;
  unreadableRoutes = 0;
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
    unread: 0,
    'input-error': 0,
  };

  begin(connection: Connection): void {
    this.#begun[connection.direction]++;
    this.#connections.set(connection.receiver.key, connection);
  }

  end(connection: Connection, { reason }: Closed): void {
    if (this.#connections.delete(connection.receiver.key)) this.#closed[reason]++;
  }

  /** Those that stand, oldest first; a new array. */
  get connections(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** A copy of the counters. */
  get counters(): TransportCounters {
    return {
      ...this.#begun,
      rejected: this.rejected,
      heartbeats: this.heartbeats,
      unreadableRoutes: this.unreadableRoutes,
      closed: { ...this.#closed },
    };
  }
}
