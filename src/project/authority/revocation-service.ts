import type { Identifier } from '../../trust/identity/index.ts';
import { type ApiAnswer, failure, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import { decodeRevocationsAfter, encodeRevocations } from './revocation-bodies.ts';
import { type AuthorityContext, startAuthorityService } from './service.ts';

/** Ours: how long a request waits for news, milliseconds; a client waits a little longer for the answer. */
export const REVOCATION_WAIT_MS = 15_000;
/** Ours: requests that wait at a time, in all and by one peer; nodes of one machine often have one identity. */
export const MAX_WAITING = 2048;
const MAX_WAITING_OF_PEER = 64;

/** Tells members what was taken back, as soon as it is (`project.md` §8). Ours: a stock authority has nothing of the kind. */
export function startRevocationService(context: AuthorityContext): Worker {
  const { revocations } = context;
  const waiting = new Map<Identifier, number>();
  return startAuthorityService(
    'perigee_revocations',
    context,
    async (request): Promise<ApiAnswer> => {
      if (request.method !== 'POST' || request.path !== '/') return unknownPath(request);
      const { peer, standing } = request;
      const after = decodeRevocationsAfter(request.content);
      if (standing.member === undefined && !standing.projectAdmin) return request.refuse('unauthorized member');
      const ofPeer = waiting.get(peer) ?? 0;
      // Whoever watches holds a connection: those who want to enroll must find one free.
      if (revocations.waiting >= MAX_WAITING || ofPeer >= MAX_WAITING_OF_PEER) {
        return failure(409, request, 'too many wait for revocations');
      }
      waiting.set(peer, ofPeer + 1);
      try {
        return { status: 200, body: encodeRevocations(await revocations.after(after, REVOCATION_WAIT_MS)) };
      } finally {
        const left = (waiting.get(peer) ?? 1) - 1;
        if (left === 0) waiting.delete(peer);
        else waiting.set(peer, left);
      }
    },
    { concurrent: true },
  );
}
