/** Policies that `--allow` sets for what a command creates. */
import type { Home } from '../../node/home/index.ts';
import { deletePolicy, listPolicies, setPolicy } from '../../node/policies/index.ts';

/**
 * Runs `create` with the policy `allow` set for the resource of that name; when it fails the policy is as it was before.
 * Without `allow`, nothing is set.
 */
export async function withPolicy<T>(
  home: Home,
  { node, resource, allow }: { readonly node: string; readonly resource: string; readonly allow: string | undefined },
  create: () => Promise<T>,
): Promise<T> {
  if (allow === undefined) return create();
  // A name that is taken makes `create` fail: what protects its owner must not be lost then.
  const before = listPolicies(home, node).find((policy) => policy.scope === 'name' && policy.resource === resource);
  setPolicy(home, node, { scope: 'name', resource, expression: allow });
  try {
    return await create();
  } catch (error) {
    if (before === undefined) deletePolicy(home, node, { scope: 'name', resource });
    else setPolicy(home, node, before);
    throw error;
  }
}
