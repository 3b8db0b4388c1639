/** Members that an identity provider vouches for (`project.md` §4.6). */
import { Shares } from '../../kernel/index.ts';
import { type ApiAnswer, failure, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import type { MemberAttributes } from './attribute-names.ts';
import { attributesLength, decodeAccessToken, MAX_ATTRIBUTES_BYTES, MAX_MEMBER_ATTRIBUTES } from './bodies.ts';
import type { Member } from './member-store.ts';
import { NO_ROOM, replaceMember } from './replace-member.ts';
import { type AuthorityContext, startAuthorityService } from './service.ts';
import { isEnroller } from './standing.ts';
import { WrongCodes } from './wrong-codes.ts';

/** Ours: so many questions to the provider at a time, of which no peer has more than are free; whoever comes then is told to come again. */
const MAX_OPEN = 16;

/** Tells who somebody is that has signed in there. */
export interface IdentityProvider {
  /**
   * The attributes of the owner of `accessToken`, those that are configured; undefined when the provider does not take the token.
   * Must end within bounded time. Rejects when the provider cannot be asked.
   */
  readonly attributesOf: (accessToken: string) => Promise<MemberAttributes | undefined>;
}

/**
 * Makes members of those who present an access token of the provider, with the attributes that it tells. Who is a member already gets
 * the attributes anew, unless it is one from the start or an enroller: what administrators made of it is theirs to change.
 */
export function startProviderEnrollment(context: AuthorityContext, provider: IdentityProvider): Worker {
  const { router, members, maxMembers, issuer, revocations, onEvent } = context;
  const wrongTokens = new WrongCodes(router.clock);
  const open = new Shares<string>(MAX_OPEN);

  return startAuthorityService(
    'okta',
    context,
    async (request): Promise<ApiAnswer> => {
      if (request.path !== '/v0/enroll') return unknownPath(request);
      if (request.method !== 'POST') return failure(405, request, 'only POST is served');
      const { peer, standing, nowSeconds } = request;
      const token = decodeAccessToken(request.content);
      if (isSettled(standing.member)) return request.refuse('Already a member');
      if (wrongTokens.blocks(peer)) return request.refuse('Forbidden', 'too many attempts');
      if (!open.take(peer)) return failure(409, request, 'too many sign-ins at once');
      let attributes: MemberAttributes | undefined;
      try {
        attributes = await provider.attributesOf(token);
      } finally {
        open.give(peer);
      }
      if (attributes === undefined) {
        wrongTokens.count(peer);
        return request.refuse('Forbidden', 'the identity provider does not take the access token');
      }
      if (attributes.size > MAX_MEMBER_ATTRIBUTES || attributesLength(attributes) > MAX_ATTRIBUTES_BYTES) {
        return request.refuse('Forbidden', 'the identity provider tells more attributes than a member may have');
      }
      const member = {
        identifier: peer,
        attributes,
        addedBy: issuer.issuer,
        addedAtSeconds: nowSeconds,
        preTrusted: false,
      };
      // Asked again: much may have happened while the provider was.
      const known = await members.get(peer);
      if (isSettled(known)) return request.refuse('Already a member');
      if (revocations.isLeaving(peer)) return request.refuse('Forbidden', 'the member is being deleted');
      if (known === undefined && (await members.count()) >= maxMembers) {
        return request.refuse('Forbidden', `there are ${maxMembers} members already`);
      }
      if (known === undefined) await members.put(member);
      else if (!(await replaceMember(context, known, member))) return failure(409, request, NO_ROOM);
      onEvent({ kind: 'member-added', member: peer, by: issuer.issuer, how: 'identity provider' });
      return { status: 200 };
    },
    { concurrent: true },
  );
}

function isSettled(member: Member | undefined): boolean {
  return member !== undefined && (member.preTrusted || isEnroller(member.attributes));
}
