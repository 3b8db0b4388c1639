import { type ApiAnswer, failure, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import { CODE_LENGTH, decodeCreateToken, decodeOneTimeCode, encodeOneTimeCode } from './bodies.ts';
import { type AuthorityContext, startAuthorityService } from './service.ts';
import { isEnroller, standingOf } from './standing.ts';
import { codeHashOf } from './token-store.ts';
import { WrongCodes } from './wrong-codes.ts';

/** Specification: what a token is when its request does not say. */
export const DEFAULT_TOKEN_TTL_SECONDS = 600;
export const DEFAULT_TOKEN_USES = 1;

/** Makes invitations for enrollers (`project.md` §4.1). */
export function startTokenIssuer(context: AuthorityContext): Worker {
  const { router, tokens, maxTokens, onEvent } = context;
  return startAuthorityService('enrollment_token_issuer', context, async (request): Promise<ApiAnswer> => {
    if (request.method !== 'POST' || !['/', '/tokens'].includes(request.path)) return unknownPath(request);
    const { peer, standing, nowSeconds } = request;
    const asked = decodeCreateToken(request.content);
    if (!standing.enroller) return request.refuse('Non-enroller is trying to issue an enrollment token');
    if (isEnroller(asked.attributes) && !standing.admin) {
      return request.refuse('Not admin is trying to issue an enrollment token for an enroller');
    }
    await tokens.deleteExpired(nowSeconds);
    if ((await tokens.count()) >= maxTokens) return failure(409, request, 'too many enrollment tokens are open');
    const uses = Math.max(asked.uses ?? DEFAULT_TOKEN_USES, 1);
    const expires = nowSeconds + (asked.ttlSeconds ?? DEFAULT_TOKEN_TTL_SECONDS);
    const expiresAtSeconds = Math.min(expires, Number.MAX_SAFE_INTEGER);
    const code = router.random(CODE_LENGTH);
    await tokens.add({
      codeHash: codeHashOf(code),
      issuedBy: peer,
      createdAtSeconds: nowSeconds,
      expiresAtSeconds,
      usesLeft: uses,
      attributes: asked.attributes,
    });
    // Who was deleted in the meantime invites nobody, and its invitations were forgotten before there was this one.
    if (!(await standingOf(peer, context, nowSeconds)).enroller) {
      await tokens.deleteIssuedBy(peer);
      return request.refuse('Non-enroller is trying to issue an enrollment token');
    }
    onEvent({ kind: 'token-issued', by: peer, expiresAtSeconds, uses });
    return { status: 200, body: encodeOneTimeCode(code) };
  });
}

/** Makes members of those who were invited (`project.md` §4.1, §4.3). */
export function startTokenAcceptor(context: AuthorityContext): Worker {
  const { router, members, maxMembers, tokens, onEvent } = context;
  const wrongCodes = new WrongCodes(router.clock);
  return startAuthorityService('enrollment_token_acceptor', context, async (request): Promise<ApiAnswer> => {
    if (request.method !== 'POST' || !['/', '/credential'].includes(request.path)) return unknownPath(request);
    const { peer, standing, nowSeconds } = request;
    const code = decodeOneTimeCode(request.content);
    // In this order: who is a member already must not use up the token.
    if (standing.member !== undefined) return request.refuse('Already a member');
    if (wrongCodes.blocks(peer)) {
      return request.refuse('Error using the enrollment token: too many attempts');
    }
    if ((await members.count()) >= maxMembers) {
      return request.refuse('Error adding member using enrollment token', `there are ${maxMembers} members already`);
    }
    await tokens.deleteExpired(nowSeconds);
    const token = await tokens.use(codeHashOf(code), nowSeconds);
    if (token === undefined) {
      wrongCodes.count(peer);
      return request.refuse('Unknown enrollment token', 'a code that is unknown, used up or expired');
    }
    const { attributes, issuedBy } = token;
    const added = await members.add({
      identifier: peer,
      attributes,
      addedBy: issuedBy,
      addedAtSeconds: nowSeconds,
      preTrusted: false,
    });
    if (!added) return request.refuse('Already a member');
    onEvent({ kind: 'member-added', member: peer, by: issuedBy, how: 'token' });
    return { status: 200 };
  });
}
