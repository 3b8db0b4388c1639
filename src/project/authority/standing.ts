/** Who is who to an authority (`project.md` §3.1). */
import { attributeTexts, type AttributeStore } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { ADMINISTERED_PROJECT_ATTRIBUTE, ENROLLER, type MemberAttributes, ROLE_ATTRIBUTE } from './attribute-names.ts';
import type { Member, MemberStore } from './member-store.ts';

/** Another authority, whose credentials make project administrators. */
export interface Administration {
  /** Its history must be known. */
  readonly authority: Identifier;
  /** Whether only project administrators are administrators; otherwise every enroller is one too. */
  readonly enforced: boolean;
}

/** Where an authority looks who somebody is. */
export interface StandingContext {
  readonly projectId: string;
  readonly members: MemberStore;
  readonly administration: Administration | undefined;
  readonly attributes: AttributeStore;
}

/** What somebody is to the authority at this moment. */
export interface Standing {
  readonly member: Member | undefined;
  /** Holds a credential of the account authority for this project. */
  readonly projectAdmin: boolean;
  /** May add, list and delete members and invite them. */
  readonly enroller: boolean;
  /** May also do so with enrollers. */
  readonly admin: boolean;
}

/** Looks up what `peer` is at `nowSeconds`. */
export async function standingOf(peer: Identifier, context: StandingContext, nowSeconds: number): Promise<Standing> {
  const { administration, members, projectId } = context;
  const member = await members.get(peer);
  let projectAdmin = false;
  if (administration !== undefined) {
    const entry = await context.attributes.get(peer, administration.authority, nowSeconds);
    const administered = entry && attributeTexts(entry.attributes).get(ADMINISTERED_PROJECT_ATTRIBUTE);
    projectAdmin = administered === projectId;
  }
  const enroller = projectAdmin || (member !== undefined && isEnroller(member.attributes));
  return { member, projectAdmin, enroller, admin: projectAdmin || (enroller && administration?.enforced !== true) };
}

/** Whether `attributes` make their holder an enroller. */
export function isEnroller(attributes: MemberAttributes): boolean {
  return attributes.get(ROLE_ATTRIBUTE) === ENROLLER;
}
