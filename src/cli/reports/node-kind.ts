import type { NodeKind } from '../../node/home/index.ts';

/** A kind of node in a sentence. In a file of its own, so that `node list` loads nothing that talks to nodes. */
export function withArticle(kind: NodeKind): string {
  return kind === 'authority' ? `an ${kind}` : `a ${kind}`;
}
