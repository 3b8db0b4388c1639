import { type Identifier, type IdentityError, parseIdentifier } from '../../trust/identity/index.ts';
import { hasCode } from '../../kernel/index.ts';
import { type ApiAnswer, failure, MAX_BODY_BYTES, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import { decodeAddMember, encodeIdentifiers, encodeMemberEntry, encodeMemberList, type MemberEntry } from './bodies.ts';
import type { Member } from './member-store.ts';
import { type AuthorityContext, type AuthorityRequest, startAuthorityService } from './service.ts';
import { NO_ROOM, replaceMember } from './replace-member.ts';
import { isEnroller } from './standing.ts';

/** Adds, lists, shows and deletes members for enrollers (`project.md` §4.1). */
export function startMemberService(context: AuthorityContext): Worker {
  const { members, maxMembers, tokens, revocations, onEvent } = context;

  const add = async (request: AuthorityRequest): Promise<ApiAnswer> => {
    const { peer, standing, nowSeconds } = request;
    const { identifier, attributes } = decodeAddMember(request.content);
    if (!standing.enroller) {
      return request.refuse(`Non-enroller ${peer} is trying to add a member ${identifier}`);
    }
    const existing = await members.get(identifier);
    // Deviation: to replace an enroller needs what to delete it needs; the reference looks at the new attributes only.
    const touchesEnroller = isEnroller(attributes) || (existing !== undefined && isEnroller(existing.attributes));
    if (touchesEnroller && !standing.admin) {
      return request.refuse('Not pre trusted enroller is trying to create an enroller');
    }
    if (existing === undefined && (await members.count()) >= maxMembers) {
      return request.refuse('Error adding member', `there are ${maxMembers} members already`);
    }
    const member = { identifier, attributes, addedBy: peer, addedAtSeconds: nowSeconds, preTrusted: false };
    if (existing === undefined) await members.put(member);
    else if (!(await replaceMember(context, existing, member))) return failure(409, request, NO_ROOM);
    onEvent({ kind: 'member-added', member: identifier, by: peer, how: 'direct' });
    return { status: 200 };
  };

  const list = async (request: AuthorityRequest, idsOnly: boolean): Promise<ApiAnswer> => {
    if (!request.standing.enroller) return request.refuse('Non-enroller is trying to list members');
    const all = await members.list();
    const body = idsOnly
      ? encodeIdentifiers(all.map(({ identifier }) => identifier))
      : encodeMemberList(new Map(all.map((member) => [member.identifier, entryOf(member)])));
    if (body.length <= MAX_BODY_BYTES) return { status: 200, body };
    return failure(500, request, 'too many members to show at once: list their identifiers');
  };

  const show = async (request: AuthorityRequest, identifier: Identifier): Promise<ApiAnswer> => {
    if (!request.standing.enroller) return request.refuse('Non-enroller is trying to retrieve a member');
    const member = await members.get(identifier);
    if (member === undefined) return request.refuse(`Member ${identifier} not found`);
    return { status: 200, body: encodeMemberEntry(entryOf(member)) };
  };

  /** Why `member` must stay; undefined when it may go. */
  const objection = (request: AuthorityRequest, member: Member): string | undefined => {
    if (member.preTrusted) return 'Enroller is trying to delete a pre trusted identity';
    if (isEnroller(member.attributes) && !request.standing.admin) return 'Not admin is trying to delete an enroller';
    return undefined;
  };

  const remove = async (request: AuthorityRequest, member: Member): Promise<void> => {
    if (!(await revocations.removing(member.identifier, () => members.delete(member.identifier)))) return;
    onEvent({ kind: 'member-removed', member: member.identifier, by: request.peer });
  };

  const deleteOne = async (request: AuthorityRequest, identifier: Identifier): Promise<ApiAnswer> => {
    if (!request.standing.enroller) return request.refuse('Non-enroller is trying to delete a member');
    const member = await members.get(identifier);
    const reason = member && objection(request, member);
    if (reason !== undefined) return request.refuse(reason);
    if (!(await revocations.hasRoom())) return failure(409, request, NO_ROOM);
    if (member !== undefined) await remove(request, member);
    // Also when there is no such member: an earlier attempt may have ended here. Who was deleted invites nobody, not even itself.
    await tokens.deleteIssuedBy(identifier);
    return { status: 200 };
  };

  const deleteAll = async (request: AuthorityRequest): Promise<ApiAnswer> => {
    if (!request.standing.enroller) return request.refuse('Non-enroller is trying to list members');
    for (const member of await members.list()) {
      if (!(await revocations.hasRoom())) return failure(409, request, NO_ROOM);
      if (member.identifier === request.peer || objection(request, member) !== undefined) continue;
      await remove(request, member);
      await tokens.deleteIssuedBy(member.identifier);
    }
    return { status: 200 };
  };

  return startAuthorityService('direct_authenticator', context, async (request) => {
    const [first = '', second] = request.segments;
    const named = first === 'members' ? second : first === '' ? undefined : first;
    if (request.segments.length > (first === 'members' ? 2 : 1)) return unknownPath(request);
    switch (request.method) {
      case 'POST':
        return named === undefined ? add(request) : unknownPath(request);
      case 'GET':
        if (named === undefined) return list(request, false);
        if (request.path.endsWith('member_ids') && second === undefined) return list(request, true);
        break;
      case 'DELETE':
        if (first === 'members' && named === undefined) return deleteAll(request);
        break;
      default:
        return unknownPath(request);
    }
    const identifier = readIdentifier(named ?? '');
    if (identifier === undefined) return unknownPath(request);
    return request.method === 'GET' ? show(request, identifier) : deleteOne(request, identifier);
  });
}

function entryOf({ attributes, addedAtSeconds, addedBy }: Member): MemberEntry {
  return { attributes, addedAtSeconds, attestedBy: addedBy };
}

function readIdentifier(text: string): Identifier | undefined {
  try {
    return parseIdentifier(text);
  } catch (error) {
    if (hasCode<IdentityError['code']>(error, 'IDENTITY_INVALID_IDENTIFIER')) return undefined;
    throw error;
  }
}
