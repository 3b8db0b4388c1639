import type { Identifier } from '../../trust/identity/index.ts';

/** What happens at an authority, for the local log. No event carries a code or anything it could be found by. */
export type AuthorityEvent =
  | {
      readonly kind: 'member-added';
      readonly member: Identifier;
      readonly by: Identifier;
      readonly how: 'direct' | 'token' | 'identity provider';
    }
  | { readonly kind: 'member-removed'; readonly member: Identifier; readonly by: Identifier }
  | {
      readonly kind: 'token-issued';
      readonly by: Identifier;
      /** Unix seconds. */
      readonly expiresAtSeconds: number;
      readonly uses: number;
    }
  | { readonly kind: 'credential-issued'; readonly subject: Identifier }
  /** Somebody asked for what it may not have, or cannot be had. */
  | { readonly kind: 'refused'; readonly service: string; readonly peer: string | undefined; readonly reason: string }
  /** A store or the vault failed; the peer learned only that something did. */
  | { readonly kind: 'failed'; readonly service: string; readonly error: unknown };
