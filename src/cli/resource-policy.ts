/** Policies that `--allow` sets for what a command creates. */
import { type Home } from '../node/home/index.ts';
import { deletePolicy, setPolicy } from '../node/policies/index.ts';

/**
 * Runs `create` with the policy `allow` set for the resource of that name; when it fails the policy is taken back.
 * Without `allow`, nothing is set.
 */
export async function withPolicy<T>(
  home: Home,
  { node, resource, allow }: { readonly node: string; readonly resource: string; readonly allow: string | undefined },
  create: () => Promise<T>,
): Promise<T> {
  if (allow === undefined) return create();
  setPolicy(home, node, { scope: 'name', resource, expression: allow });
  try {
    return await create();
  } catch (error) {
    deletePolicy(home, node, { scope: 'name', resource });
    throw error;
  }
}
