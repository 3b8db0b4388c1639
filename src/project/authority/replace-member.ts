import type { MemberAttributes } from './attribute-names.ts';
import type { Member } from './member-store.ts';
import type { AuthorityContext } from './service.ts';
import { isEnroller } from './standing.ts';

/** Ours, to who is refused: a member is not deleted, and attested no less, without taking back what was attested about it. */
export const NO_ROOM = 'too many members were deleted within the life of a credential';

/**
 * Puts `member` in place of `existing`. What that was attested and is not any more is taken back, as if it had been deleted
 * (`project.md` §8.1); an enroller that is none any more loses its invitations.
 * @returns false, and nothing has changed, when there is no room for a revocation
 */
export async function replaceMember(
  { members, tokens, revocations }: Pick<AuthorityContext, 'members' | 'tokens' | 'revocations'>,
  existing: Member,
  member: Member,
): Promise<boolean> {
  const { identifier, attributes } = member;
  if (attestsLess(existing.attributes, attributes)) {
    if (!(await revocations.hasRoom())) return false;
    await revocations.removing(identifier, () => members.put(member));
  } else await members.put(member);
  if (isEnroller(existing.attributes) && !isEnroller(attributes)) await tokens.deleteIssuedBy(identifier);
  return true;
}

/** Whether anything that `before` says is not said by `after`. */
export function attestsLess(before: MemberAttributes, after: MemberAttributes): boolean {
  for (const [name, value] of before) if (after.get(name) !== value) return true;
  return false;
}
