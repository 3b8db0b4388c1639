/** What the sections of a description allow, put together for `compute/capability`. */
import { parseCapabilities } from '../capability/index.ts';
import type { Fields } from './fields.ts';
import type { Connections, Query } from './model.ts';
import { readAuthentication } from './read-connections.ts';
import type { Report } from './report.ts';
import { type Capabilities, plainOf, takeCapabilities } from './section.ts';

/** What was read before. */
export interface OtherSections {
  readonly connections: Connections;
  readonly queries: readonly Query[];
  readonly compat: 'suborbital' | undefined;
}

/** Reads `capabilities` and `authentication` of `fields` and lays them over connections and queries. */
export function readCapabilities(report: Report, fields: Fields, other: OtherSections): Capabilities {
  const section = fields.tree('capabilities');
  const { redis, database } = other.connections;
  const input = {
    capabilities: section && plainOf(section),
    authentication: { domains: readAuthentication(report, fields) },
    connections: { redis, database },
    queries: other.queries.map(({ name, query, type, varCount }) => ({ name, query, type, varCount })),
  };
  const options = other.compat === undefined ? {} : { compat: other.compat };
  return takeCapabilities(report, fields.mappingTree, parseCapabilities(input, options));
}
