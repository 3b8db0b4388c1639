/** What the main thread and a guest thread send each other, and the memory they share. */
export { BytePack, unpack } from './byte-pack.ts';
export { makeControl, resetSlice, sleepTicker, SliceMeter, sliceOf, stopTicker, waitTick } from './control.ts';
export {
  type CallStart,
  type FromThread,
  Grant,
  type ModuleMessage,
  packChanges,
  type PackedAnswer,
  type PackedBytes,
  type PackedChanges,
  type PackedOutcome,
  type PackedResult,
  packRequest,
  packTexts,
  type ThreadAsk,
  type ThreadData,
  type ToThread,
  unpackAnswer,
  unpackChanges,
  unpackRequest,
  unpackTexts,
} from './wire.ts';
