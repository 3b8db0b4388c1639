import type { NodeNoun } from '../../nodes/node-noun.ts';
import { outletName, type OutletStatus } from '../../reports/portal-report.ts';

/** What `show` and `delete` say of outlets. */
export const OUTLETS: NodeNoun<OutletStatus> = {
  path: 'tcp-outlet',
  singular: 'TCP outlet',
  plural: 'TCP outlets',
  argument: 'ALIAS',
  meaning: 'address of the outlet',
  nameOf: outletName,
};
