/** The change history of an identity, as `identity show --full` prints it (`commands.md` §8.2). */
import { toHex } from '../../../kernel/bytes/index.ts';
import type { Home } from '../../../node/home/index.ts';
import { knownIdentity } from '../../../node/histories/index.ts';
import { changeHashToBytes, changeHistoryToHex, type Identity } from '../../../trust/identity/history/index.ts';
import type { Result } from '../../output/output.ts';

const KEY_TYPES = { ed25519: 'EdDSACurve25519', p256: 'ECDSASHA256CurveP256' } as const;

/** The history of the identity under `name`, change by change or as hex. @throws {NodeError} NODE_UNKNOWN */
export async function historyReport(home: Home, name: string, encoding: 'plain' | 'hex'): Promise<Result> {
  const identity = await knownIdentity(home, name);
  return encoding === 'hex' ? hex(identity) : long(identity);
}

function hex({ history }: Identity): Result {
  const encoded = changeHistoryToHex(history);
  return { plain: encoded, machine: encoded, json: { encoded } };
}

function long({ identifier, changes }: Identity): Result {
  const shown = changes.map((change) => ({
    identifier: toHex(changeHashToBytes(change.hash)),
    primary_public_key: `${KEY_TYPES[change.primaryPublicKey.algorithm]}: ${toHex(change.primaryPublicKey.bytes)}`,
    revoke_all_purpose_keys: change.revokeAllPurposeKeys,
  }));
  const lines = shown.flatMap((change, i) => [
    `  Change[${i}]:`,
    `    identifier:              ${change.identifier}`,
    `    primary_public_key:      ${change.primary_public_key}`,
    `    revoke_all_purpose_keys: ${change.revoke_all_purpose_keys}`,
  ]);
  const text = [`Identifier: ${identifier}`, ...lines].join('\n');
  return { plain: text, machine: text, json: { changes: shown, identifier } };
}
