/** What the main thread and a guest thread send each other, and the memory they share. */
export { BytePack, unpack } from './byte-pack.ts';
export { type CallEnd, EndWriter, readEnds } from './call-end.ts';
export { CallStart, CallWriter, Grant, readCalls } from './call-start.ts';
export { makeControl, resetSlice, sleepTicker, SliceMeter, sliceOf, stopTicker, waitTick } from './control.ts';
export {
  type FromThread,
  type ModuleMessage,
  packChanges,
  type PackedAnswer,
  type PackedBytes,
  type PackedChanges,
  type PackedOutcome,
  packTexts,
  type ThreadAsk,
  type ThreadData,
  type ToThread,
  unpackAnswer,
  unpackChanges,
  unpackTexts,
} from './wire.ts';
