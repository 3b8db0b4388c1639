import { parsePolicy, type PolicyExpression, type ResourceType } from '../../trust/policy/index.ts';
import type { Home } from '../home/index.ts';

/** A policy of a node: for all resources of a type, or for the one of a name. */
export interface PolicyRecord {
  readonly scope: 'type' | 'name';
  /** The type or the name. */
  readonly resource: string;
  /** As it was written. */
  readonly expression: string;
}

/**
 * The policy that was set for a resource by its name or, failing that, by its type (`policies.md` §2); undefined when none was.
 * @throws {PolicyError} when the database holds something that is none
 */
export function policyFor(
  { database }: Home,
  node: string,
  { resourceType, resourceName }: { readonly resourceType: ResourceType; readonly resourceName: string },
): PolicyExpression | undefined {
  const row = database.get(
    `SELECT expression FROM resource_policy
     WHERE node = ? AND ((is_type = 0 AND resource = ?) OR (is_type = 1 AND resource = ?)) ORDER BY is_type LIMIT 1`,
    node,
    resourceName,
    resourceType,
  );
  return row && parsePolicy(row.text('expression'));
}

/** Sets a policy, in place of the one there is; `expression` must be one. */
export function setPolicy({ database }: Home, node: string, { scope, resource, expression }: PolicyRecord): void {
  database.run(
    'INSERT OR REPLACE INTO resource_policy (node, is_type, resource, expression) VALUES (?, ?, ?, ?)',
    node,
    Number(scope === 'type'),
    resource,
    expression,
  );
}

/**
 * Sets a policy as {@link setPolicy} does.
 * @returns what puts back the one that was there before, or none, for whoever could not make what it was to protect.
 * @throws {PolicyError} when the expression is none
 */
export function replacePolicy(home: Home, node: string, policy: PolicyRecord): () => void {
  parsePolicy(policy.expression);
  const { scope, resource } = policy;
  const before = listPolicies(home, node).find((one) => one.scope === scope && one.resource === resource);
  setPolicy(home, node, policy);
  return () => (before === undefined ? void deletePolicy(home, node, policy) : setPolicy(home, node, before));
}

/** Takes a policy back. @returns whether there was one. */
export function deletePolicy(
  { database }: Home,
  node: string,
  { scope, resource }: Pick<PolicyRecord, 'scope' | 'resource'>,
): boolean {
  return database.write(() => {
    const key = [node, Number(scope === 'type'), resource] as const;
    const where = 'WHERE node = ? AND is_type = ? AND resource = ?';
    const found = database.get(`SELECT 1 FROM resource_policy ${where}`, ...key) !== undefined;
    database.run(`DELETE FROM resource_policy ${where}`, ...key);
    return found;
  });
}

/** The policies of a node, those of types first, each by name. */
export function listPolicies({ database }: Home, node: string): readonly PolicyRecord[] {
  return database
    .all(
      'SELECT is_type, resource, expression FROM resource_policy WHERE node = ? ORDER BY is_type DESC, resource',
      node,
    )
    .map((row) => ({
      scope: row.flag('is_type') ? 'type' : 'name',
      resource: row.text('resource'),
      expression: row.text('expression'),
    }));
}
