/**
 * The verification of a change history (`identity.md` §8.1).
 *
 * 1. Structure of every change, in order: rules 1–8.
 * 2. Signatures of every change, in order: rules 9–11. They start only when the whole list is well formed.
 * 3. The list as a whole: rules 12 and 13.
 */
import { type Change, type ChangeData, changeHashOf, decodeChangeData, signedDigest } from './change.ts';
import type { ChangeHistory } from './change-history.ts';
import { IdentityError, type IdentityErrorCode, decoding } from './errors.ts';
import { type ChangeHash, type Identifier, identifierOf } from './identifier.ts';
import { type SigningPublicKey, type TypedSignature, verifySignature } from './signing-key.ts';
import { DATA_VERSION, DataType, decodeVersionedData } from './versioned-data.ts';

/** Ours: the signatures of so many changes are checked in one turn of the event loop, some 4 ms of work. */
const CHANGES_PER_TURN = 8;

/** A change whose structure and signatures hold. */
export interface VerifiedChange extends ChangeData {
  readonly hash: ChangeHash;
}

/** A verified change history. Only the two functions below make one, so holding one means that every rule held. */
export interface Identity {
  readonly identifier: Identifier;
  /** The history as received, for export. */
  readonly history: ChangeHistory;
  /** What each change states, oldest first. */
  readonly changes: readonly VerifiedChange[];
  /** The last change: its key is the identity's current one. */
  readonly latest: VerifiedChange;
}

/**
 * Verifies `history`, and that it is the one of `expected` when that is given (`identity.md` §8.1).
 *
 * Not checked, as in the reference: a previous signature on the first change, and validity against the present time
 * (which rule 8.3/8 does for everything the identity attests).
 * @throws {IdentityError} IDENTITY_DECODE_FAILED, IDENTITY_UNKNOWN_VERSION, IDENTITY_INVALID_DATA_TYPE,
 *   IDENTITY_VERIFICATION_FAILED, IDENTITY_SIGNATURE_TYPE_MISMATCH
 */
export function verifyHistory(history: ChangeHistory, expected?: Identifier): Identity {
  const steps = verification(history, expected);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Lets everything else that is due be done; resolves when it is one's turn again. */
export type NextTurn = () => Promise<void>;

/**
 * {@link verifyHistory} for a history that somebody else shows: `nextTurn` is called after every few changes, since the 250 that a
 * message has room for would hold up everything for some 80 ms.
 * @throws {IdentityError} as {@link verifyHistory}
 */
export async function verifyHistoryInTurns(
  history: ChangeHistory,
  expected: Identifier | undefined,
  nextTurn: NextTurn,
): Promise<Identity> {
  const steps = verification(history, expected);
  let step = steps.next();
  while (step.done !== true) {
    await nextTurn();
    step = steps.next();
  }
  return step.value;
}

/** The verification, which pauses after every {@link CHANGES_PER_TURN} changes. */
function* verification(history: ChangeHistory, expected: Identifier | undefined): Generator<undefined, Identity> {
  const changes: VerifiedChange[] = [];
  for (const change of history) changes.push(verifyStructure(change, changes.at(-1)));
  for (const [index, change] of history.entries()) {
    if (index > 0 && index % CHANGES_PER_TURN === 0) yield;
    verifySignatures(change, changes[index] as VerifiedChange, changes[index - 1]);
  }
  const [first] = changes;
  const latest = changes.at(-1);
  if (first === undefined || latest === undefined) throw failed('8.1/12', 'the change history is empty');
  const identifier = identifierOf(first.hash);
  if (expected !== undefined && identifier !== expected) {
    throw failed('8.1/13', `the change history is the one of ${identifier}, not of ${expected}`);
  }
  return { identifier, history, changes, latest };
}

function verifyStructure(change: Change, previous: VerifiedChange | undefined): VerifiedChange {
  const { version, dataType, data } = decoding('change', () => decodeVersionedData(change.data), '8.1/1');
  // Rule 5, versions never go back, follows from this one while there is a single version.
  if (version !== DATA_VERSION) {
    throw failed('8.1/2', `a change has the unknown version ${version}`, 'IDENTITY_UNKNOWN_VERSION');
  }
  if (dataType !== DataType.change) {
    throw failed('8.1/3', `a change has the data type ${dataType}`, 'IDENTITY_INVALID_DATA_TYPE');
  }
  const content = decoding('change data', () => decodeChangeData(data), '8.1/4');
  if (previous === undefined) {
    if (content.previousChange !== undefined) throw failed('8.1/8', 'the first change names a previous one');
  } else {
    if (previous.attestationsValidFrom > content.attestationsValidFrom) {
      throw failed('8.1/6', 'the start of validity of a change goes back');
    }
    if (content.previousChange !== previous.hash) throw failed('8.1/7', 'a change does not name the one before it');
  }
  return { ...content, hash: changeHashOf(change) };
}

function verifySignatures(change: Change, content: VerifiedChange, previous: VerifiedChange | undefined): void {
  const digest = signedDigest(change.data);
  if (previous !== undefined) {
    if (change.previousSignature === undefined) throw failed('8.1/9', 'a change lacks the signature of the key before');
    checkSignature('8.1/10', previous.primaryPublicKey, digest, change.previousSignature);
  }
  checkSignature('8.1/11', content.primaryPublicKey, digest, change.signature);
}

function checkSignature(check: string, key: SigningPublicKey, digest: Uint8Array, signature: TypedSignature): void {
  if (!verifySignature(key, digest, signature, check)) throw failed(check, 'the signature of a change is not valid');
}

function failed(
  check: string,
  message: string,
  code: IdentityErrorCode = 'IDENTITY_VERIFICATION_FAILED',
): IdentityError {
  return new IdentityError(code, message, { check });
}
