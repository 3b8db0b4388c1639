/** Who belongs to a project. `conformance.ts` holds each implementation to what is said here. */
import type { Identifier } from '../../trust/identity/index.ts';
import type { MemberAttributes } from './attribute-names.ts';

/** A member of a project, as its authority knows it (`project.md` §2.1). */
export interface Member {
  readonly identifier: Identifier;
  readonly attributes: MemberAttributes;
  readonly addedBy: Identifier;
  /** Unix seconds. */
  readonly addedAtSeconds: number;
  /** From the authority's configuration: written anew at each start, and nobody can delete it. */
  readonly preTrusted: boolean;
}

/** The members of one authority. */
export interface MemberStore {
  readonly get: (identifier: Identifier) => Promise<Member | undefined>;
  /** Adds a member unless there is one with its identifier; resolves to whether there was none. Atomic. */
  readonly add: (member: Member) => Promise<boolean>;
  /** Adds a member or replaces all that is known of it. */
  readonly put: (member: Member) => Promise<void>;
  /** Resolves to whether there was one. */
  readonly delete: (identifier: Identifier) => Promise<boolean>;
  /** All members, in order of their identifiers. */
  readonly list: () => Promise<readonly Member[]>;
  readonly count: () => Promise<number>;
  /** Deletes every pre-trusted member, then puts `members`; all or nothing. */
  readonly replacePreTrusted: (members: readonly Member[]) => Promise<void>;
}

/** Members that live as long as the process. */
export class MemoryMemberStore implements MemberStore {
  readonly #members = new Map<Identifier, Member>();

  get(identifier: Identifier): Promise<Member | undefined> {
    return Promise.resolve(this.#members.get(identifier));
  }

  add(member: Member): Promise<boolean> {
    if (this.#members.has(member.identifier)) return Promise.resolve(false);
    this.#put(member);
    return Promise.resolve(true);
  }

  put(member: Member): Promise<void> {
    this.#put(member);
    return Promise.resolve();
  }

  delete(identifier: Identifier): Promise<boolean> {
    return Promise.resolve(this.#members.delete(identifier));
  }

  list(): Promise<readonly Member[]> {
    return Promise.resolve([...this.#members.values()].sort((a, b) => (a.identifier < b.identifier ? -1 : 1)));
  }

  count(): Promise<number> {
    return Promise.resolve(this.#members.size);
  }

  replacePreTrusted(members: readonly Member[]): Promise<void> {
    for (const { identifier, preTrusted } of this.#members.values()) if (preTrusted) this.#members.delete(identifier);
    for (const member of members) this.#put(member);
    return Promise.resolve();
  }

  #put(member: Member): void {
    this.#members.set(member.identifier, { ...member, attributes: new Map(member.attributes) });
  }
}
