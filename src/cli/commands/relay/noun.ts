import type { NodeNoun } from '../../nodes/node-noun.ts';
import type { RelayStatus } from '../../reports/portal-report.ts';

/** What `show` and `delete` say of relays. */
export const RELAYS: NodeNoun<RelayStatus> = {
  path: 'relay',
  singular: 'relay',
  plural: 'relays',
  argument: 'NAME',
  meaning: 'name of the relay',
  nameOf: ({ name }) => name,
};
