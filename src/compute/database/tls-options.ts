import type { ConnectionOptions } from 'node:tls';
import { parseIp } from '../egress/index.ts';
import type { TlsMode } from './contract.ts';

/** What is checked of the certificate of `host`, a name or an address. Authorities are those that Node trusts. */
export function tlsOptions(host: string, mode: Exclude<TlsMode, 'off'>): ConnectionOptions {
  return {
    host,
    rejectUnauthorized: mode !== 'unverified',
    ...(parseIp(host) === undefined && { servername: host }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
}
