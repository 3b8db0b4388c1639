/** Names and values of attributes that have a meaning of their own (`project.md` §3.3). */

/** Says that a member may invite and manage others, when its value is {@link ENROLLER}. */
export const ROLE_ATTRIBUTE = 'ockam-role';
export const ENROLLER = 'enroller';
/** Names the one relay that its holder may register; `*` stands for any. */
export const RELAY_ATTRIBUTE = 'ockam-relay';
/** Lets its holder obtain TLS certificates when it is `true`. */
export const TLS_ATTRIBUTE = 'ockam-tls-certificate';
/** The project's id, put into every credential; nothing decides by it. */
export const TRUST_CONTEXT_ATTRIBUTE = 'trust_context_id';
/** In credentials of an account authority: the project that the holder administers. */
export const ADMINISTERED_PROJECT_ATTRIBUTE = 'project';

/** Attributes as members have them: text to text, in no particular order. */
export type MemberAttributes = ReadonlyMap<string, string>;
