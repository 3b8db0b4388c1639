import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ROLE_ATTRIBUTE, TRUST_CONTEXT_ATTRIBUTE } from '../../project/authority/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import type { ProviderConfiguration } from './user-info.ts';

/** Ours: names of user information that may become attributes. */
const MAX_NAMES = 64;
const MAX_CERTIFICATE_LENGTH = 65_536;

/**
 * The configuration, if an authority may start with it. Enrollers are made by enrollers: no provider says who has `ockam-role`, nor to
 * which project a member belongs.
 * @throws {NodeError} NODE_INPUT
 */
export function checkProvider<T extends ProviderConfiguration>(given: T): T {
  const { tenantBaseUrl, certificate, attributes } = given;
  const url = URL.canParse(tenantBaseUrl) ? new URL(tenantBaseUrl) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw input(`${quoted(tenantBaseUrl)} is no https:// address of an identity provider`);
  }
  requireCertificate(certificate);
  if (attributes.length === 0 || attributes.length > MAX_NAMES) {
    throw input(`an identity provider tells from 1 to ${MAX_NAMES} attributes`);
  }
  for (const name of attributes) {
    if (name === ROLE_ATTRIBUTE || name === TRUST_CONTEXT_ATTRIBUTE) {
      throw input(`an identity provider cannot say who has the attribute ${quoted(name)}`);
    }
    if (!/^[^\p{C}\s]{1,128}$/u.test(name)) throw input(`${quoted(name)} is no name of an attribute`);
  }
  return { ...given, tenantBaseUrl: tenantBaseUrl.replace(/\/+$/, '') };
}

/** The text of the certificate in `file`. @throws {NodeError} NODE_INPUT */
export async function readCertificate(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NodeError('NODE_INPUT', `the certificate ${quoted(file)} cannot be read`, { cause });
  }
}

function requireCertificate(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || pem.length > MAX_CERTIFICATE_LENGTH) throw input('the certificate is no PEM certificate');
  for (const block of blocks) {
    if (!isCertificate(block)) throw input('the certificate of the identity provider cannot be read');
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // Why it is none is of no use to whoever mistook the file.
    return false;
  }
}

function input(message: string): NodeError {
  return new NodeError('NODE_INPUT', message);
}
