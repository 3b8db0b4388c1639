import { CborWriter } from '../../kernel/cbor/index.ts';
import { toHex } from '../../kernel/index.ts';
import {
  allowAll,
  allowOnward,
  localAddress,
  localMessage,
  randomAddress,
  type Route,
  type Router,
} from '../routing/index.ts';

/** Specification (`portal.md` §8): how often the far node is asked, and how many unanswered questions end a path. */
const PING_INTERVAL_MS = 10_000;
const PINGS_LOST = 3;

/** The longest CBOR number. */
const MAX_PING_BYTES = 9;

/** Watches whether a path still leads to a node that answers. */
export interface Watch {
  /** Settles when the path counts as lost; never after `stop`. */
  readonly lost: Promise<void>;
  /** Something else showed that the path lives: everything asked so far counts as answered. */
  readonly noteLife: () => void;
  readonly stop: () => void;
}

/**
 * Asks the `echo` worker behind `route` at once and then every 10 s; an answer to any open question settles all of them,
 * and three open ones when the next is due mean that the path is lost (`portal.md` §8). A late answer counts: a path that
 * is slow under load is not a lost one.
 * @param route to the far node, not empty.
 */
export function watchPath(router: Router, route: Route): Watch {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const onward = [...route, localAddress('echo')];
  const open = new Set<string>();
  const address = randomAddress(router.random);
  let cancel = (): void => undefined;

  const worker = router.register({
    mailbox: { address, incoming: allowAll, outgoing: allowOnward(...route.slice(0, 1)) },
    handle: ({ payload }) => {
      if (payload.length <= MAX_PING_BYTES && open.has(toHex(payload))) open.clear();
    },
    onStop: () => cancel(),
  });
  router.flows.admitReplies(address, route[0]);

  const ping = (): void => {
    if (open.size >= PINGS_LOST) {
      worker.stop();
      resolve();
      return;
    }
    const payload = randomPing(router);
    open.add(toHex(payload));
    cancel = router.clock.schedule(PING_INTERVAL_MS, ping);
    // A refusal is an unanswered question like any other.
    void worker.mailbox.send(localMessage(onward, [address], payload));
  };
  ping();
  return { lost, noteLife: () => open.clear(), stop: worker.stop };
}

/** A random number that nobody else can answer with, as CBOR. */
function randomPing(router: Router): Uint8Array {
  const value = new DataView(router.random(8).buffer).getBigUint64(0);
  return new CborWriter(MAX_PING_BYTES).uint(value).finish();
}
