import { fromUtf8 } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: how long a profile may take, milliseconds. */
const SHORTEST_MS = 50;
const LONGEST_MS = 60_000;

/** The body of `POST /profile` (`commands.md` §7.5). */
export interface ProfileCall {
  readonly function: string;
  readonly durationMs: number;
}

/** @throws {NodeError} NODE_INPUT */
export function checkProfile(bytes: Uint8Array): ProfileCall {
  let call: Partial<ProfileCall> | null;
  try {
    call = JSON.parse(fromUtf8(bytes)) as Partial<ProfileCall> | null;
  } catch (cause) {
    throw new NodeError('NODE_INPUT', 'the call is not JSON', { cause });
  }
  const { function: named, durationMs } = call ?? {};
  if (typeof named !== 'string' || typeof durationMs !== 'number')
    throw new NodeError('NODE_INPUT', 'the call names no function, or no duration');
  if (!(durationMs >= SHORTEST_MS && durationMs <= LONGEST_MS)) {
    throw new NodeError(
      'NODE_INPUT',
      `a profile takes ${SHORTEST_MS} ms to ${LONGEST_MS / 1000} s, not ${durationMs} ms`,
    );
  }
  return { function: named, durationMs };
}
