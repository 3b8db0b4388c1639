import { encodeCredentialAndPurposeKey } from '../../trust/credential/index.ts';
import { type AuthoritySessionOptions, withAuthority } from './authority-session.ts';
import type { CredentialStore } from './credential-store.ts';
import { EnrollmentError } from './errors.ts';
import { expiryOf, type MemberCredential, verifyOwnCredential } from './member-credential.ts';
import { memberScope, type ReadyProject } from './project.ts';
import { ApiRefusal } from '../../network/api/index.ts';

/** Specification: how long an enrollment may take as a whole, milliseconds. */
export const ENROLLMENT_TIMEOUT_MS = 240_000;

/** Who enrolls, where. */
export interface EnrollOptions extends Pick<AuthoritySessionOptions, 'channels' | 'transport' | 'identity' | 'signal'> {
  readonly project: ReadyProject;
  /** Of a ticket; undefined when the identity is a member already and only needs its credential. */
  readonly oneTimeCode?: Uint8Array | undefined;
  /** Instead of a code: an access token of the project's identity provider. */
  readonly accessToken?: string | undefined;
  readonly credentials: CredentialStore;
  /** For the whole, milliseconds. Default 240 000. */
  readonly timeoutMs?: number | undefined;
}

/** What came of it. */
export interface Enrollment {
  readonly credential: MemberCredential;
  /** The identity was a member before; the code is still unused. */
  readonly alreadyMember: boolean;
}

/**
 * Makes `identity` a member of a project and gets its credential (`project.md` §5.4): remembers the project's two
 * identities, presents the code or the access token to the authority, asks for the credential, verifies and stores it.
 * @throws {EnrollmentError} ENROLLMENT_REFUSED, ENROLLMENT_UNREACHABLE, ENROLLMENT_INVALID_ANSWER
 * @throws {IdentityError} IDENTITY_INCONSISTENT when the project's histories contradict what is known of them
 */
export async function enroll(options: EnrollOptions): Promise<Enrollment> {
  const {
    channels,
    identity,
    project,
    oneTimeCode,
    accessToken,
    credentials,
    timeoutMs = ENROLLMENT_TIMEOUT_MS,
  } = options;
  const { identities, router } = channels;
  const authority = project.authority.identity;
  await identities.receive(project.node.identity.history, project.node.identity.identifier);
  await identities.receive(authority.history, authority.identifier);

  const deadline = new AbortController();
  const cancel = router.clock.schedule(timeoutMs, () => deadline.abort(tooLate(timeoutMs)));
  const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal]);
  const session = {
    ...options,
    authority: authority.identifier,
    route: project.authority.route,
    timeoutMs,
    signal,
  };
  try {
    return await withAuthority(session, async ({ presentCode, presentAccessToken, requestCredential }) => {
      const alreadyMember =
        (oneTimeCode !== undefined && (await isMemberAlready(() => presentCode(oneTimeCode)))) ||
        (accessToken !== undefined && (await isMemberAlready(() => presentAccessToken(accessToken))));
      const issuer = authority.identifier;
      const credential = await verifyOwnCredential(await requestCredential(), {
        identities,
        subject: identity,
        issuer,
      });
      await credentials.put({
        subject: identity,
        issuer,
        scope: memberScope(project.id),
        credential: encodeCredentialAndPurposeKey(credential.encoded),
        expiresAtSeconds: expiryOf(credential),
      });
      return { credential, alreadyMember };
    });
  } finally {
    cancel();
  }
}

/** The authority's words are part of the protocol: who is a member already has got what it came for. */
async function isMemberAlready(present: () => Promise<void>): Promise<boolean> {
  try {
    await present();
    return false;
  } catch (error) {
    const refusal = error instanceof EnrollmentError ? error.cause : undefined;
    if (refusal instanceof ApiRefusal && refusal.status === 403 && /already a member/i.test(refusal.said)) return true;
    throw error;
  }
}

function tooLate(timeoutMs: number): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_UNREACHABLE', `the enrollment did not end within ${timeoutMs} ms`, {
    remedy: 'check that the authority runs and can be reached, or allow more time with --timeout',
  });
}
