/**
 * What a gateway and its Sats say to each other over a secure channel: frames, batches and bodies.
 *
 * Specification: `docs/protocol/constellation.md` · layer 3.
 * Read: frame.ts, frame-sender.ts, frame-receiver.ts, session-bodies.ts, call-bodies.ts.
 * Invariants: no input or output; every length, list and open body is bounded; an unknown frame ends the session unless it says it is optional.
 * Vectors: `docs/protocol/constellation.md` §8, decoded by `vectors.test.ts`.
 */
export {
  type Answer,
  type Call,
  decodeAnswer,
  decodeAsk,
  decodeCall,
  decodeLog,
  decodeRejected,
  decodeResult,
  encodeAnswer,
  encodeAsk,
  encodeCall,
  encodeLog,
  encodeRejected,
  encodeResult,
  fitsCall,
  fitsResult,
  type LogLine,
  MAX_CALL_BYTES,
  MAX_RESULT_BYTES,
  type Outcome,
  type Question,
  REJECTION,
  type Rejection,
  type Result,
  type Usage,
} from './call-bodies.ts';
export { ProtocolError, unexpected } from './errors.ts';
export { encodeFrame, type Frame, FRAME, frameName, type FrameType, PROTOCOL_VERSION } from './frame.ts';
export { FrameReceiver, type FrameReceiverOptions } from './frame-receiver.ts';
export { FrameSender, type FrameSenderOptions } from './frame-sender.ts';
export {
  BYE,
  type ByeCode,
  DECLINED,
  decodeBye,
  decodeDeploy,
  decodeDeployed,
  decodeNeed,
  decodeOffer,
  decodeWelcome,
  type Deploy,
  type DeployedFunction,
  encodeBye,
  encodeDeploy,
  encodeDeployed,
  encodeNeed,
  encodeOffer,
  encodeWelcome,
  MAX_DEPLOY_BYTES,
  MAX_FUNCTIONS,
  type Offer,
  type Welcome,
} from './session-bodies.ts';
