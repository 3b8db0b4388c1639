import { CborError } from '../../kernel/cbor/index.ts';
import { CodedError } from '../../kernel/index.ts';
import {
  type CredentialAndPurposeKey,
  CredentialError,
  decodeCredentialAndPurposeKey,
  trustIdentifier,
} from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { type ApiCall, ApiError, ApiRefusal, ask, tell } from '../../network/api/index.ts';
import { type ChannelContext, openChannel } from '../../network/channel/index.ts';
import { localAddress } from '../../network/routing/index.ts';
import type { Transport } from '../../network/transport/index.ts';
import {
  type AddMember,
  type CreateToken,
  decodeIdentifiers,
  decodeMemberEntry,
  decodeMemberList,
  decodeOneTimeCode,
  decodeRevocations,
  encodeAccessToken,
  encodeAddMember,
  encodeCreateToken,
  encodeOneTimeCode,
  encodeRevocationsAfter,
  type MemberEntry,
  type ToldRevocation,
} from '../authority/index.ts';
import { EnrollmentError } from './errors.ts';
import type { ServiceRoute } from './service-route/index.ts';

/** Specification: how long a channel and each request may take, milliseconds. */
const DEFAULT_TIMEOUT_MS = 120_000;

/** Whom to talk to, as whom. */
export interface AuthoritySessionOptions {
  readonly channels: ChannelContext;
  /** Of the same router as `channels`. */
  readonly transport: Transport;
  /** Own identity, whose key is in the vault. */
  readonly identity: Identifier;
  /** Nobody else is talked to, whoever answers at the route. */
  readonly authority: Identifier;
  readonly route: ServiceRoute;
  /** For the channel and for each request, milliseconds. Default 120 000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A secure channel to an authority, over a connection of its own. Each call is one request (`project.md` §4.1).
 *
 * Every call raises {EnrollmentError} ENROLLMENT_REFUSED with the authority's words, ENROLLMENT_UNREACHABLE when there is no answer,
 * ENROLLMENT_INVALID_ANSWER; the reason of the signal when that is aborted.
 */
export interface AuthoritySession {
  /** Whether the authority is one of ours and tells what it takes back. */
  readonly tellsRevocations: boolean;
  /** What was taken back after the number `after`; the authority waits a while for the first one (`project.md` §8). */
  readonly revocationsAfter: (after: number) => Promise<readonly ToldRevocation[]>;
  /** Presents a one-time code. */
  readonly presentCode: (code: Uint8Array) => Promise<void>;
  /** Presents an access token of the authority's identity provider. */
  readonly presentAccessToken: (token: string) => Promise<void>;
  /** A new credential about ourselves, not verified. */
  readonly requestCredential: () => Promise<CredentialAndPurposeKey>;
  /** A new one-time code, 32 bytes. */
  readonly createToken: (token: CreateToken) => Promise<Uint8Array>;
  readonly addMember: (member: AddMember) => Promise<void>;
  readonly listMembers: () => Promise<ReadonlyMap<Identifier, MemberEntry>>;
  readonly listMemberIds: () => Promise<readonly Identifier[]>;
  readonly showMember: (identifier: Identifier) => Promise<MemberEntry>;
  readonly deleteMember: (identifier: Identifier) => Promise<void>;
  /** Deletes every member but ourselves and those who cannot be deleted. */
  readonly deleteAllMembers: () => Promise<void>;
  /** Ends channel and connection. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a session; nothing is presented but our identity.
 * @throws {EnrollmentError} ENROLLMENT_UNREACHABLE, also when somebody else than the authority answers; the reason of the signal
 */
export async function openAuthoritySession(options: AuthoritySessionOptions): Promise<AuthoritySession> {
  const { channels, transport, identity, authority, route, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const { router } = channels;
  const connection = await unlessAborted(options.signal, () =>
    reaching(route, () => transport.connect(route.connectTo, { signal: options.signal })),
  );
  // Nothing comes from an end that has hung up: nobody is to wait for it until a deadline.
  const over = new AbortController();
  void connection.closed.then(() => over.abort(hungUp(route)));
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([options.signal, over.signal]);
  const channel = await unlessAborted(signal, () =>
    reaching(route, () =>
      openChannel(channels, {
        identity,
        trust: trustIdentifier(authority),
        route: [connection.sender, ...route.hops],
        timeoutMs,
        signal,
      }),
    ),
  ).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });

  const call = (service: string, method: ApiCall['method'], path: string, body?: Uint8Array): ApiCall => ({
    onward: [channel.encryptor, localAddress(service)],
    method,
    path,
    body,
    timeoutMs,
    signal,
  });
  const told = (request: ApiCall): Promise<void> => answered(route, signal, () => tell(router, request));
  const asked = <T>(request: ApiCall, decode: (body: Uint8Array) => T): Promise<T> =>
    answered(route, signal, async () => decode(await ask(router, request)));

  const members = 'direct_authenticator';
  return {
    tellsRevocations: channel.peerKind.kind === 'perigee',
    revocationsAfter: (after) =>
      asked(call('perigee_revocations', 'POST', '/', encodeRevocationsAfter(after)), decodeRevocations),
    presentCode: (code) => told(call('enrollment_token_acceptor', 'POST', '/', encodeOneTimeCode(code))),
    presentAccessToken: (token) => told(call('okta', 'POST', '/v0/enroll', encodeAccessToken(token))),
    requestCredential: () => asked(call('credential_issuer', 'POST', '/'), decodeCredentialAndPurposeKey),
    createToken: (token) =>
      asked(call('enrollment_token_issuer', 'POST', '/', encodeCreateToken(token)), decodeOneTimeCode),
    addMember: (member) => told(call(members, 'POST', '/', encodeAddMember(member))),
    listMembers: () => asked(call(members, 'GET', '/'), decodeMemberList),
    listMemberIds: () => asked(call(members, 'GET', '/member_ids'), decodeIdentifiers),
    showMember: (identifier) => asked(call(members, 'GET', `/${identifier}`), decodeMemberEntry),
    deleteMember: (identifier) => told(call(members, 'DELETE', `/${identifier}`)),
    deleteAllMembers: () => told(call(members, 'DELETE', '/members')),
    close: async () => {
      channel.close();
      // What the close message says must leave before the connection does.
      await connection.drain();
      await connection.close();
    },
  };
}

/** Opens a session, lets `use` work with it, and closes it. @throws as {@link openAuthoritySession} and what `use` raises */
export async function withAuthority<T>(
  options: AuthoritySessionOptions,
  use: (session: AuthoritySession) => Promise<T>,
): Promise<T> {
  const session = await openAuthoritySession(options);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

async function reaching<T>(route: ServiceRoute, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof CodedError) throw unreachable(route, cause);
    throw cause;
  }
}

async function answered<T>(
  route: ServiceRoute,
  signal: AbortSignal | undefined,
  exchange: () => Promise<T>,
): Promise<T> {
  try {
    return await unlessAborted(signal, exchange);
  } catch (cause) {
    if (cause instanceof ApiRefusal) {
      throw new EnrollmentError('ENROLLMENT_REFUSED', `the authority refused: ${cause.message}`, { cause });
    }
    if (cause instanceof ApiError || cause instanceof CborError || cause instanceof CredentialError) {
      throw new EnrollmentError('ENROLLMENT_INVALID_ANSWER', `the authority's answer is not valid: ${cause.message}`, {
        cause,
      });
    }
    // A deadline that has passed, or an end that has hung up: it says so itself.
    if (cause instanceof EnrollmentError) throw cause;
    if (cause instanceof CodedError) throw unreachable(route, cause);
    throw cause;
  }
}

/** What an aborted signal interrupts fails with the signal's reason, as callers expect, however it was wrapped. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

const REMEDY = 'check that the authority runs, can be reached, and is the one that the ticket names';

function unreachable(route: ServiceRoute, cause: CodedError): EnrollmentError {
  const text = `no answer by the authority at ${route.text}: ${cause.message}`;
  return new EnrollmentError('ENROLLMENT_UNREACHABLE', text, { cause, remedy: REMEDY });
}

function hungUp(route: ServiceRoute): EnrollmentError {
  const text = `no answer by the authority at ${route.text}: whoever is there hung up`;
  return new EnrollmentError('ENROLLMENT_UNREACHABLE', text, { remedy: REMEDY });
}
