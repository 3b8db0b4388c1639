import { CREDENTIAL_TTL_SECONDS } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { allowAll, startEcho, type Worker } from '../../network/routing/index.ts';
import { type FrontDoorOptions, openFrontDoor } from '../front-door.ts';
import type { MemberAttributes } from './attribute-names.ts';
import { attributesLength, MAX_ATTRIBUTES_BYTES, MAX_MEMBER_ATTRIBUTES } from './bodies.ts';
import { startCredentialIssuer } from './credential-service.ts';
import type { AuthorityEvent } from './events.ts';
import { type IdentityProvider, startProviderEnrollment } from './identity-provider.ts';
import { startMemberService } from './member-service.ts';
import type { Member, MemberStore } from './member-store.ts';
import { startRevocationService } from './revocation-service.ts';
import type { Revocation, RevocationStore } from './revocation-store.ts';
import { Revocations } from './revocations.ts';
import type { AuthorityContext } from './service.ts';
import { attestsLess } from './replace-member.ts';
import { type Administration, isEnroller } from './standing.ts';
import type { TokenStore } from './token-store.ts';
import { startTokenAcceptor, startTokenIssuer } from './token-services.ts';

/** Ours: so many members and open invitations. All identifiers fit one answer. */
export const DEFAULT_MAX_MEMBERS = 25_000;
export const DEFAULT_MAX_TOKENS = 10_000;

/** An authority to start. */
export interface AuthorityOptions
  extends Pick<FrontDoorOptions, 'channels' | 'transport' | 'listenAt' | 'identity' | 'maxConnections'> {
  readonly projectId: string;
  readonly members: MemberStore;
  readonly tokens: TokenStore;
  readonly revocations: RevocationStore;
  /** Members by configuration, at least the first enroller; they replace those of the last start. */
  readonly preTrusted: ReadonlyMap<Identifier, MemberAttributes>;
  /** Default: none; then every enroller is an administrator. */
  readonly administration?: Administration | undefined;
  /** Whether enrollers may manage members directly. Default true. */
  readonly directAuthentication?: boolean | undefined;
  /** Whether there are invitations. Default true. */
  readonly tokenEnrollment?: boolean | undefined;
  /** Whoever signs in there becomes a member. Default: nobody does. */
  readonly identityProvider?: IdentityProvider | undefined;
  /** Life of credentials, seconds; 30 days unless given. With 120 s or less, stock members renew without end. */
  readonly credentialTtlSeconds?: number | undefined;
  /** Whether credentials name the project. Default true. */
  readonly trustContext?: boolean | undefined;
  /** Default 25 000. */
  readonly maxMembers?: number | undefined;
  /** Default 10 000. */
  readonly maxTokens?: number | undefined;
  /** Told when a member was deleted and all that was attested about it was taken back. Must not throw. */
  readonly onRevoked?: ((revocation: Revocation) => void) | undefined;
  /** Told of all that happens. Must not throw. */
  readonly onEvent: (event: AuthorityEvent) => void;
}

/** A running authority. */
export interface Authority {
  readonly identifier: Identifier;
  /** Where it really listens. */
  readonly at: string;
  /** Ends its services, channels and connections. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the authority of a project (`project.md` §1, §4): the one who says who is a member and signs it.
 * @throws {RangeError} when a pre-trusted identity has too many attributes, or `credentialTtlSeconds` is no positive whole number
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS · {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const { channels, identity, members, administration, directAuthentication = true, tokenEnrollment = true } = options;
  const { router, identities, purposeKeys, attributes } = channels;
  const { credentialTtlSeconds = CREDENTIAL_TTL_SECONDS } = options;
  if (!Number.isSafeInteger(credentialTtlSeconds) || credentialTtlSeconds <= 0) {
    throw new RangeError(`credentialTtlSeconds is ${credentialTtlSeconds}`);
  }
  const revocations = new Revocations({
    issuer: identity,
    store: options.revocations,
    clock: router.clock,
    lifeSeconds: Math.max(credentialTtlSeconds, CREDENTIAL_TTL_SECONDS),
    onRevoked: options.onRevoked,
  });
  const preTrusted = preTrustedMembers(options, identities.nowSeconds());
  // Who is not trusted any more was deleted. Before its entry goes, by which a start that was interrupted here knows it again.
  for (const { identifier, attributes: before } of (await members.list()).filter((member) => member.preTrusted)) {
    const after = options.preTrusted.get(identifier);
    if (after === undefined || attestsLess(before, after)) await revocations.add(identifier);
    if (after === undefined || !isEnroller(after)) await options.tokens.deleteIssuedBy(identifier);
  }
  await members.replacePreTrusted(preTrusted);
  const context: AuthorityContext = {
    router,
    projectId: options.projectId,
    members,
    tokens: options.tokens,
    revocations,
    administration,
    attributes,
    issuer: { issuer: identity, identities, purposeKeys },
    maxMembers: options.maxMembers ?? DEFAULT_MAX_MEMBERS,
    maxTokens: options.maxTokens ?? DEFAULT_MAX_TOKENS,
    credentialTtlSeconds,
    trustContext: options.trustContext ?? true,
    onEvent: options.onEvent,
  };
  const door = await openFrontDoor({ ...options, authority: administration?.authority });
  const services: Worker[] = [];
  const close = async (): Promise<void> => {
    revocations.wake();
    for (const service of services) service.stop();
    await door.close();
  };
  try {
    services.push(startCredentialIssuer(context), startEcho(router, { incoming: allowAll }));
    services.push(startRevocationService(context));
    if (directAuthentication) services.push(startMemberService(context));
    if (tokenEnrollment) services.push(startTokenIssuer(context), startTokenAcceptor(context));
    const { identityProvider } = options;
    if (identityProvider !== undefined) services.push(startProviderEnrollment(context, identityProvider));
  } catch (error) {
    await close();
    throw error;
  }
  for (const service of services) door.admit(service);
  return { identifier: identity, at: door.at, close };
}

function preTrustedMembers({ preTrusted, identity }: AuthorityOptions, nowSeconds: number): Member[] {
  return [...preTrusted].map(([identifier, attributes]) => {
    if (attributes.size > MAX_MEMBER_ATTRIBUTES || attributesLength(attributes) > MAX_ATTRIBUTES_BYTES) {
      throw new RangeError(`the pre-trusted identity ${identifier} has too many attributes`);
    }
    return { identifier, attributes, addedBy: identity, addedAtSeconds: nowSeconds, preTrusted: true };
  });
}
