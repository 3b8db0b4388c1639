import type { NodeNoun } from '../../nodes/node-noun.ts';
import type { InletStatus } from '../../reports/portal-report.ts';

/** What `show` and `delete` say of inlets. */
export const INLETS: NodeNoun<InletStatus> = {
  path: 'tcp-inlet',
  singular: 'TCP inlet',
  plural: 'TCP inlets',
  argument: 'ALIAS',
  meaning: 'name of the inlet',
  nameOf: ({ alias }) => alias,
};
