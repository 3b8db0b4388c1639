import * as v from 'valibot';
import { fromHex, toHex } from '../../../kernel/index.ts';
import { decodeBareData, encodeBareData } from '../../../kernel/bare/index.ts';
import { parseMultiAddr, request } from '../../../network/routing/index.ts';
import { MAX_MESSAGE_BYTES } from '../../../network/transport/index.ts';
import { trustIdentifiers } from '../../../trust/credential/index.ts';
import { parseIdentifier } from '../../../trust/identity/index.ts';
import { NodeError } from '../../errors.ts';
import { AUTHORIZED } from '../channels/index.ts';
import type { GeneralInside } from '../general-node.ts';
import { jsonCall, type NodePart } from '../part.ts';
import { MAX_WAIT_MS, withTimeLimit } from '../time-limit.ts';
import { openWay, type WayContext } from '../way.ts';

/** A message and where it goes. */
export interface MessageRequest {
  /** A route without `/node`. */
  readonly to: string;
  readonly message: Uint8Array;
  /** Whom the last channel on the way must lead to. Default: everyone. */
  readonly authorized?: readonly string[] | undefined;
  /** Of way and answer together. */
  readonly timeoutMs: number;
}

/**
 * Sends one message, as a BARE byte string, and gives what comes back (`commands.md` §8.9); what was opened for it is closed again.
 * @throws {NodeError} NODE_ROUTE, NODE_INPUT · {RoutingError} ROUTING_UNDELIVERABLE · as `openWay`
 */
export async function exchangeMessage(
  context: WayContext,
  { to, message, authorized, timeoutMs }: MessageRequest,
): Promise<Uint8Array> {
  if (message.length > MAX_MESSAGE_BYTES)
    throw new NodeError('NODE_INPUT', `a message has at most ${MAX_MESSAGE_BYTES} bytes`);
  const { router } = context.core;
  const trust = authorized === undefined ? undefined : trustIdentifiers(authorized.map(parseIdentifier));
  return withTimeLimit(router.clock, timeoutMs, `the message to ${to}`, async (signal) => {
    const way = await openWay(context, parseMultiAddr(to), { trust, signal });
    try {
      // The signal ends the wait before the request's own time is over.
      const answer = await request(router, {
        onward: way.route,
        payload: encodeBareData(message),
        timeoutMs: timeoutMs + 1000,
        signal,
      });
      return decodeBareData(answer.payload);
    } finally {
      way.close();
    }
  });
}

/** Messages sent by hand: `POST /message/send`. */
export function messagePart(inside: GeneralInside): NodePart {
  return {
    calls: {
      'POST /message/send': jsonCall(
        v.strictObject({
          to: v.string(),
          message: v.pipe(v.string(), v.maxLength(2 * MAX_MESSAGE_BYTES), v.regex(/^(?:[0-9a-f]{2})*$/)),
          authorized: AUTHORIZED,
          identity: v.optional(v.string()),
          timeoutMs: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_WAIT_MS)),
        }),
        async ({ message, identity, ...rest }) => {
          const context = identity === undefined ? inside : { ...inside, identity: inside.identityNamed(identity) };
          return { message: toHex(await exchangeMessage(context, { ...rest, message: fromHex(message) })) };
        },
      ),
    },
    close: () => undefined,
  };
}
