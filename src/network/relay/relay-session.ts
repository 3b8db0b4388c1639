import { traced, type Tracing } from '../../kernel/index.ts';
import type { Address, Router } from '../routing/index.ts';
import { keepSession, type SessionPath } from '../session/index.ts';
import { registerRelay } from './relay-client.ts';

/** A way to the relay node that a session opened. */
export type RelayPath = SessionPath;

/** How a session stands; told when it changes. */
export type RelayState =
  | { readonly up: true; readonly address: Address }
  | { readonly up: false; readonly reason: string };

/** A relay to keep. */
export interface RelaySessionOptions {
  readonly name: string | undefined;
  /** Opens a new connection or channel to the relay node; called again after each loss. */
  readonly connect: (signal: AbortSignal) => Promise<RelayPath>;
  readonly onState: (state: RelayState) => void;
  /** Where each registration is written down. */
  readonly tracing?: Tracing | undefined;
}

/** A relay that is registered again whenever its connection is lost. */
export interface RelaySession {
  /** Ends it; resolves when nothing of it is left. */
  readonly close: () => Promise<void>;
}

/** Keeps a relay registered (`relay.md` §6), as {@link keepSession} keeps anything. */
export function keepRelay(router: Router, options: RelaySessionOptions): RelaySession {
  const { name, connect, onState, tracing } = options;
  return keepSession(router, {
    to: 'the relay node',
    connect,
    use: async ({ route }, signal) => {
      const relay = await traced(tracing, 'relay register', { kind: 'client' }, () =>
        registerRelay(router, { route, name, signal }),
      );
      onState({ up: true, address: relay.address });
      return relay.close;
    },
    onDown: (reason) => onState({ up: false, reason }),
  });
}
