import type { ControlHandler } from '../control/index.ts';
import type { Core, Membership } from '../core/index.ts';
import type { NodeRecord } from '../home/index.ts';
import type { RunOptions } from './options.ts';

/** The part of a node that its kind makes. */
export interface Body {
  readonly handlers: Readonly<Record<string, ControlHandler>>;
  readonly close: (deadlineMs: number) => Promise<void>;
}

/** What a kind of node is made of. */
export interface BodyParts {
  readonly options: RunOptions;
  readonly core: Core;
  readonly membership: Membership;
  readonly record: NodeRecord;
}

/** What every node says of itself. */
export function common({ name, kind, identity }: NodeRecord, { project, identity: identifier }: Membership): object {
  return { name, kind, identity, identifier, project: project.name, pid: process.pid };
}
