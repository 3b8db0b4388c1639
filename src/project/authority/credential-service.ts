import { attributesOf, encodeCredentialAndPurposeKey, issueCredential } from '../../trust/credential/index.ts';
import { type ApiAnswer, unknownPath } from '../../network/api/index.ts';
import type { Worker } from '../../network/routing/index.ts';
import { type MemberAttributes, RELAY_ATTRIBUTE, TLS_ATTRIBUTE, TRUST_CONTEXT_ATTRIBUTE } from './attribute-names.ts';
import { type AuthorityContext, startAuthorityService } from './service.ts';

/** Specification: what a project administrator's credential says; whatever the member table says does not count. */
const PROJECT_ADMIN_ATTRIBUTES: MemberAttributes = new Map([
  [RELAY_ATTRIBUTE, '*'],
  [TLS_ATTRIBUTE, 'true'],
]);

/** Issues credentials to members and project administrators, about themselves only (`project.md` §4.1, §4.4). */
export function startCredentialIssuer(context: AuthorityContext): Worker {
  const { issuer, projectId, trustContext, credentialTtlSeconds: ttlSeconds, onEvent } = context;
  return startAuthorityService('credential_issuer', context, async (request): Promise<ApiAnswer> => {
    if (request.method !== 'POST' || !['/', '/credential'].includes(request.path)) return unknownPath(request);
    const { peer: subject, standing } = request;
    const granted = standing.projectAdmin ? PROJECT_ADMIN_ATTRIBUTES : standing.member?.attributes;
    if (granted === undefined) return request.refuse('unauthorized member');
    const named: [string, string][] = trustContext ? [[TRUST_CONTEXT_ATTRIBUTE, projectId]] : [];
    const attributes = attributesOf(new Map([...named, ...granted]));
    const credential = await issueCredential({ subject, attributes, ttlSeconds }, issuer);
    onEvent({ kind: 'credential-issued', subject });
    return { status: 200, body: encodeCredentialAndPurposeKey(credential) };
  });
}
