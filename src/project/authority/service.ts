import { CborError } from '../../kernel/cbor/index.ts';
import { EMPTY } from '../../kernel/index.ts';
import type { CredentialIssuer } from '../../trust/credential/index.ts';
import { type Identifier, isIdentifier } from '../../trust/identity/index.ts';
import { type ApiAnswer, failure, forbidden, type ServedRequest, startApiService } from '../../network/api/index.ts';
import { allowAll, localAddress, type Router, type Worker } from '../../network/routing/index.ts';
import type { AuthorityEvent } from './events.ts';
import { type Standing, type StandingContext, standingOf } from './standing.ts';
import type { Revocations } from './revocations.ts';
import type { TokenStore } from './token-store.ts';

/** What the services of one authority share. */
export interface AuthorityContext extends StandingContext {
  readonly router: Router;
  readonly issuer: CredentialIssuer;
  readonly tokens: TokenStore;
  readonly revocations: Revocations;
  readonly maxMembers: number;
  readonly maxTokens: number;
  readonly credentialTtlSeconds: number;
  /** Whether credentials name the project. */
  readonly trustContext: boolean;
  readonly onEvent: (event: AuthorityEvent) => void;
}

/** A request of somebody known. */
export interface AuthorityRequest extends ServedRequest {
  readonly peer: Identifier;
  /** The body; empty when there was none, which is no CBOR. */
  readonly content: Uint8Array;
  readonly standing: Standing;
  /** Unix seconds. */
  readonly nowSeconds: number;
  /** 403 with words that the peer reads; the local log reads `reason`, or the same words. */
  readonly refuse: (words: string, reason?: string) => ApiAnswer;
}

/**
 * Starts one service of an authority at `name`: finds out who asks and what that is to the authority, then lets `serve` answer.
 *
 * Deviation: a body that cannot be read is answered with 400; the reference is silent, and its client waits for its timeout.
 */
export function startAuthorityService(
  name: string,
  context: AuthorityContext,
  serve: (request: AuthorityRequest) => Promise<ApiAnswer>,
  { concurrent }: { readonly concurrent?: boolean } = {},
): Worker {
  const { router, issuer, onEvent } = context;
  const answer = async (request: ServedRequest): Promise<ApiAnswer> => {
    const { peer } = request;
    const refused = (reason: string): void => onEvent({ kind: 'refused', service: name, peer, reason });
    if (peer === undefined || !isIdentifier(peer)) {
      refused('the request came through no secure channel');
      return failure(400, request, 'secure channel required');
    }
    const nowSeconds = issuer.identities.nowSeconds();
    const standing = await standingOf(peer, context, nowSeconds);
    const refuse = (words: string, reason: string = words): ApiAnswer => {
      refused(reason);
      return forbidden(request, words);
    };
    try {
      return await serve({ ...request, peer, content: request.body ?? EMPTY, standing, nowSeconds, refuse });
    } catch (error) {
      if (!(error instanceof CborError)) throw error;
      refused(`the body cannot be read: ${error.message}`);
      return failure(400, request, 'the body cannot be read');
    }
  };
  return startApiService(router, {
    address: localAddress(name),
    incoming: allowAll,
    serve: answer,
    concurrent,
    onError: (error) => onEvent({ kind: 'failed', service: name, error }),
  });
}
