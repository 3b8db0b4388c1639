import { SqliteChangeHistoryStore } from '../../storage/sqlite/identities/index.ts';
import {
  decodeChangeHistory,
  type Identity,
  IdentityError,
  verifyHistory,
} from '../../trust/identity/history/index.ts';
import type { Home } from '../home/index.ts';

/**
 * The identity under `name` with its history, verified.
 * @throws {NodeError} NODE_UNKNOWN · {IdentityError} IDENTITY_UNKNOWN when there is no history of it, and as `verifyHistory`
 */
export async function knownIdentity({ database, identities }: Home, name: string): Promise<Identity> {
  const { identifier } = identities.require(name);
  const stored = await new SqliteChangeHistoryStore(database).get(identifier);
  if (stored === undefined) throw new IdentityError('IDENTITY_UNKNOWN', `no history of ${identifier} is known`);
  return verifyHistory(decodeChangeHistory(stored), identifier);
}
