import { changeHistoryToHex } from '../../trust/identity/index.ts';
import { PresentedCredential } from './credentials.ts';
import { EmbeddedNode } from './embedded-node.ts';
import { insideOf } from './inside.ts';
import type { NodeOptions } from './options.ts';

/**
 * Opens a node in this program, which closes it again.
 * @throws {NodeError} NODE_INPUT, NODE_HOME, NODE_UNKNOWN for the project · {StorageError} · {TransportError}
 *   TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS · {IdentityError} for the authority
 */
export async function openNode(options: NodeOptions = {}): Promise<EmbeddedNode> {
  await using open = new AsyncDisposableStack();
  const inside = await insideOf(options, open);
  const { core, identity } = inside;
  const history = changeHistoryToHex((await core.identities.get(identity)).history);
  const entrance = options.listen === undefined ? undefined : await core.transport.listen(options.listen);
  const presented = new PresentedCredential();
  return new EmbeddedNode({ inside, history, presented, entrance, open: open.move() });
}
