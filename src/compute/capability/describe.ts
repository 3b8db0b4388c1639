/** Grants in words, for a person who decides whether to deploy (`app check`). */
import type { NetworkRule } from '../egress/index.ts';
import type { Grants, NetworkGrant } from './grants.ts';

/** What `grants` allow, one sentence a line, most powerful first; secrets appear by name only. */
export function describeGrants(grants: Grants): readonly string[] {
  const lines = [
    ...describeNetwork('send HTTP requests', grants.http),
    ...describeNetwork('send GraphQL queries', grants.graphql),
    ...describeAuth(grants),
  ];
  if (grants.database.enabled) {
    const names = grants.database.queries.map((query) => `${query.name} (${query.type})`);
    lines.push(`run database queries: ${joined(names, 'none is defined')}`, ...describeDatabase(grants));
  }
  if (grants.secrets.enabled) {
    const { allowedKeys } = grants.secrets;
    lines.push(`read secrets: ${allowedKeys === 'any' ? 'any' : joined(allowedKeys, 'none is listed')}`);
  }
  lines.push(
    ...when(grants.cache.enabled, 'the cache', [
      [grants.cache.allowGet, 'read'],
      [grants.cache.allowSet, 'write'],
    ]),
    ...when(grants.file.enabled, "the application's static files", [[true, 'read']]),
    ...when(grants.requestHandler.enabled, 'fields of its request', [
      [grants.requestHandler.allowGetField, 'read'],
      [grants.requestHandler.allowSetField, 'change'],
    ]),
  );
  if (grants.requestHandler.enabled) lines.push('set response headers');
  if (grants.logger.enabled) lines.push('write log lines');
  return lines;
}

function describeNetwork(what: string, grant: NetworkGrant): string[] {
  if (!grant.enabled) return [];
  if (grant.rules.length === 0) return [`${what}: nowhere, there are no rules`];
  const [first, ...others] = grant.rules.map(describeRule);
  return [`${what} ${first ?? ''}`, ...others.map((rule) => `  and only ${rule}`)];
}

function describeRule(rule: NetworkRule): string {
  return `over ${rule.allowHTTP ? 'http and https' : 'https'} to ${describePlace(rule)}`;
}

function describePlace(rule: NetworkRule): string {
  const parts = [joined(rule.allowedDomains, 'any host')];
  if (!rule.allowIPs) parts.push('by name only');
  if (rule.blockedDomains.length > 0) parts.push(`not to ${rule.blockedDomains.join(', ')}`);
  parts.push(describePorts(rule));
  const open = [...(rule.allowPrivate ? ['private networks and this machine'] : []), ...rule.allowedNetworks];
  parts.push(open.length === 0 ? 'in public networks' : `in public networks, ${open.join(', ')}`);
  if (rule.blockedNetworks.length > 0) parts.push(`never in ${rule.blockedNetworks.join(', ')}`);
  return parts.join('; ');
}

/** Where the one database may be; the connection string holds a password and is not shown. */
function describeDatabase({ database: { connection, rules } }: Grants): string[] {
  const source = connection && 'env' in connection.connectionString ? ` from ${connection.connectionString.env}` : '';
  const what = connection === undefined ? 'a database' : `a ${connection.type} database${source}`;
  if (rules.length === 0) return [`  on ${what}: nowhere, there are no rules`];
  return rules.map((rule, index) => `  ${index === 0 ? `on ${what}` : 'and only'} at ${describePlace(rule)}`);
}

function describePorts({ allowedPorts, blockedPorts }: NetworkRule): string {
  if (allowedPorts.length === 0 && blockedPorts.length === 0) return 'any port';
  const open = [...new Set([80, 443, ...allowedPorts])].filter((port) => !blockedPorts.includes(port));
  return open.length === 0 ? 'no port' : `ports ${open.join(', ')}`;
}

function describeAuth({ auth, http, graphql }: Grants): string[] {
  if (!auth.enabled || !(http.enabled || graphql.enabled)) return [];
  return auth.headers.map(({ host, port, value, allowHTTP }) => {
    const place = port === undefined ? host : `${host} port ${port}`;
    const source = 'env' in value ? ` from environment variable ${value.env}` : '';
    return `be authorized at ${place}${source}${allowHTTP ? ', also over plain http' : ''}`;
  });
}

function when(enabled: boolean, object: string, verbs: readonly (readonly [boolean, string])[]): string[] {
  const allowed = verbs.filter(([on]) => on).map(([, verb]) => verb);
  return enabled && allowed.length > 0 ? [`${allowed.join(' and ')} ${object}`] : [];
}

function joined(items: readonly string[], none: string): string {
  return items.length === 0 ? none : items.join(', ');
}
