import { attributesOf, encodeCredentialAndPurposeKey, issueCredential } from '../../trust/credential/index.ts';
import { type ApiAnswer, failure, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import { type MemberAttributes, RELAY_ATTRIBUTE, TLS_ATTRIBUTE, TRUST_CONTEXT_ATTRIBUTE } from './attribute-names.ts';
import { attestsLess } from './replace-member.ts';
import { type AuthorityContext, startAuthorityService } from './service.ts';

/** Specification: what a project administrator's credential says; whatever the member table says does not count. */
const PROJECT_ADMIN_ATTRIBUTES: MemberAttributes = new Map([
  [RELAY_ATTRIBUTE, '*'],
  [TLS_ATTRIBUTE, 'true'],
]);

/** Issues credentials to members and project administrators, about themselves only (`project.md` §4.1, §4.4). */
export function startCredentialIssuer(context: AuthorityContext): Worker {
  const { issuer, members, projectId, revocations, trustContext, credentialTtlSeconds: ttlSeconds, onEvent } = context;
  return startAuthorityService('credential_issuer', context, async (request): Promise<ApiAnswer> => {
    if (request.method !== 'POST' || !['/', '/credential'].includes(request.path)) return unknownPath(request);
    const { peer: subject, standing } = request;
    if (!standing.projectAdmin && standing.member === undefined) return request.refuse('unauthorized member');
    if (!(await revocations.mayIssue(subject))) return failure(409, request, 'the clock of the authority went back');
    // Only now: what was attested when the request came may have been taken back since.
    const granted = standing.projectAdmin ? PROJECT_ADMIN_ATTRIBUTES : (await members.get(subject))?.attributes;
    if (granted === undefined) return request.refuse('unauthorized member');
    const named: [string, string][] = trustContext ? [[TRUST_CONTEXT_ATTRIBUTE, projectId]] : [];
    const attributes = attributesOf(new Map([...named, ...granted]));
    const credential = await issueCredential({ subject, attributes, ttlSeconds }, issuer);
    // Who was deleted, or is attested less, while it was signed gets none: it could be younger than the revocation.
    const member = await members.get(subject);
    const isStillGranted =
      member !== undefined && !revocations.isLeaving(subject) && !attestsLess(granted, member.attributes);
    if (!standing.projectAdmin && !isStillGranted) return request.refuse('unauthorized member');
    onEvent({ kind: 'credential-issued', subject });
    return { status: 200, body: encodeCredentialAndPurposeKey(credential) };
  });
}
