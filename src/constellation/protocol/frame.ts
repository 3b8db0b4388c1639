import { BareWriter } from '../../kernel/bare/index.ts';

/** Specification (`constellation.md` §2, §3): the header of every frame and the numbers of the types. */

export const PROTOCOL_VERSION = 1;

/** type u8 · flags u8 · id u32 · length u32, little-endian. */
export const HEADER_BYTES = 10;

/** The body goes on in the next frame of the same type and id. */
export const FLAG_MORE = 1;
/** A receiver that does not know the type may ignore the frame. */
export const FLAG_OPTIONAL = 2;
/** The sender gives up the body whose fragments came before; the frame has none of its own. */
export const FLAG_ABANDONED = 4;

/** Bodies above this length are sent in fragments. */
export const FRAGMENT_BYTES: number = 32 * 1024;

/** Type numbers. */
export const FRAME = {
  offer: 1,
  welcome: 2,
  bye: 3,
  deploy: 4,
  deployed: 5,
  withdraw: 6,
  need: 7,
  module: 8,
  call: 9,
  result: 10,
  rejected: 11,
  cancel: 12,
  ask: 13,
  answer: 14,
  ping: 15,
  pong: 16,
  drain: 17,
  log: 18,
} as const;
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

const NAMES = new Map<number, keyof typeof FRAME>();
for (const [name, type] of Object.entries(FRAME)) NAMES.set(type, name as keyof typeof FRAME);

/** Whether `type` is one of {@link FRAME}. */
export function isFrameType(type: number): type is FrameType {
  return NAMES.has(type);
}

/** The name of a type for errors and logs. */
export function frameName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}

/** A whole frame: fragments are joined. */
export interface Frame {
  readonly type: FrameType;
  /** What it belongs to: a call, a question, a transfer, a deployment; 0 for the session itself. */
  readonly id: number;
  /** Possibly a view of the message it came in. */
  readonly body: Uint8Array;
}

/** The message that carries one frame alone, for the last word of a session. */
export function encodeFrame(type: FrameType, id: number, body: Uint8Array): Uint8Array {
  return new BareWriter(HEADER_BYTES + body.length).u8(type).u8(0).u32(id).u32(body.length).raw(body).finish();
}
