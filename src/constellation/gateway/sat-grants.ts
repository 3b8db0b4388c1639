/** What of a function's grants its Sat is told: what it has no use for may hold secrets, and stays here (`constellation.md` §5.1). */
import { platformImports } from '../../compute/abi/index.ts';
import type { Grants } from '../../compute/capability/index.ts';
import { DECLINED } from '../protocol/index.ts';

const SENDS_REQUESTS = ['fetch_url', 'fetch', 'graphql_query'];

/** What a module can make use of. */
export interface Uses {
  readonly database: boolean;
  readonly requests: boolean;
}

/** Of `module`, by what it imports. */
export function usesOf(module: Uint8Array): Uses {
  const imports = platformImports(module);
  return { database: imports.has('db_exec'), requests: SENDS_REQUESTS.some((name) => imports.has(name)) };
}

/**
 * `grants` without database and headers for those that cannot use them.
 * @param declined what the Sat said that its owner does not allow, {@link DECLINED}.
 */
export function grantsForSat(grants: Grants, uses: Uses, declined: number): Grants {
  const { database, auth } = grants;
  const keepsDatabase = uses.database && (declined & DECLINED.databases) === 0;
  const keepsHeaders = uses.requests && (declined & DECLINED.headers) === 0;
  return {
    ...grants,
    ...(!keepsDatabase && { database: { enabled: false, queries: [], rules: database.rules } }),
    ...(!keepsHeaders && { auth: { enabled: auth.enabled, headers: [] } }),
  };
}
