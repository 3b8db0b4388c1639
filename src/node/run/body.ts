import type { RevocationGuard } from '../../project/revocation/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
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
  /** That of the core. */
  readonly guard: RevocationGuard;
  /** Of the node itself. */
  readonly identity: Identifier;
  readonly record: NodeRecord;
}

/** The same of a kind that is always a member of a project. */
export interface MemberParts extends BodyParts {
  readonly membership: Membership;
}

/** What every node says of itself. */
export function common(
  { identity: identifier, record }: BodyParts,
  membership: Membership | undefined,
): Readonly<Record<string, unknown>> {
  const { name, kind, identity } = record;
  return { name, kind, identity, identifier, project: membership?.project.name, pid: process.pid };
}
