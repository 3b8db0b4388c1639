import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { toHex } from '../../../kernel/bytes/index.ts';
import { quoted } from '../../../kernel/errors/index.ts';
import type { RandomSource } from '../../../kernel/index.ts';
import { RoutingError } from './errors.ts';

declare const flowControlId: unique symbol;

/** Names one entry point, or one listener for all it spawns; 32 hex characters when made here (`routing.md` §10). */
export type FlowControlId = string & { readonly [flowControlId]: true };

/** Ours: longer texts are no identifiers of anybody. */
const MAX_ID_LENGTH = 256;

/** A fresh identifier. */
export function randomFlowControlId(random: RandomSource): FlowControlId {
  return toHex(random(16)) as FlowControlId;
}

/** CBOR `{1: text}`. */
export function encodeFlowControlId(id: FlowControlId): Uint8Array {
  return new CborWriter().map(1).uint(1).text(id).finish();
}

/** The identifier in CBOR `{1: text}`. @throws {CborError | RoutingError} ROUTING_INVALID_FLOW_CONTROL_ID */
export function decodeFlowControlId(bytes: Uint8Array): FlowControlId {
  const reader = new CborReader(bytes);
  const pairs = reader.map();
  let text: string | undefined;
  while (pairs.more()) {
    if (reader.uint() === 1) text = reader.text();
    else reader.skip();
  }
  pairs.end();
  if (text === undefined || text.length > MAX_ID_LENGTH) {
    throw new RoutingError('ROUTING_INVALID_FLOW_CONTROL_ID', `not a flow control identifier: ${quoted(text)}`);
  }
  return text as FlowControlId;
}
