/** tenant.json → the same model (`directive.md §12`). Only the default namespace counts: no bundle can ship another. */
import { DirectiveError } from './errors.ts';
import { Fields } from './fields.ts';
import type { FunctionName } from './function-name.ts';
import type { Connections, Directive, FunctionEntry, Workflow } from './model.ts';
import { type ModuleName, parseModuleName, refersToModule } from './module-name.ts';
import { readQueries } from './queries.ts';
import type { Checked, ReadOptions } from './read.ts';
import { readCapabilities } from './read-capabilities.ts';
import { isAddress } from './read-connections.ts';
import { readFunctions } from './read-functions.ts';
import type { ReadingScope } from './read-handlers.ts';
import { readSequence } from './read-steps.ts';
import { Report } from './report.ts';
import { rulesOf } from './version.ts';
import { type Mapping, parseTree } from './yaml-tree.ts';

const MAX_WORKFLOWS = 4096;
const MAX_CONNECTIONS = 64;
const TENANT_KEYS = ['identifier', 'specVersion', 'tenantVersion', 'defaultNamespace', 'namespaces', 'modules'];
const NAMESPACE_KEYS = ['name', 'workflows', 'queries', 'capabilities', 'connections', 'authentication', 'modules'];
const WORKFLOW_KEYS = ['name', 'steps', 'response', 'schedule', 'triggers'];

/** Where a tenant comes from. */
export type TenantOptions = Pick<ReadOptions, 'file' | 'compat'>;

/** Reads a `tenant.json` and reports everything that is wrong with it. */
export function checkTenant(text: string, options: TenantOptions): Checked {
  const report = new Report(options.file);
  const tree = parseTree(text, report);
  if (tree === undefined && !report.failed) report.error('DIRECTIVE_YAML', { line: 1, column: 1 }, 'the file is empty');
  const fields = tree && Fields.of(report, tree, 'the tenant', TENANT_KEYS);
  const directive = fields && readFields(report, fields, options.compat);
  return { directive: report.failed ? undefined : directive, problems: report.problems() };
}

/**
 * Reads a `tenant.json` that must be valid.
 * @throws {DirectiveError} DIRECTIVE_INVALID with all findings.
 */
export function readTenant(text: string, options: TenantOptions): Directive {
  const { directive, problems } = checkTenant(text, options);
  if (directive === undefined) throw DirectiveError.ofProblems(problems);
  return directive;
}

function readFields(report: Report, fields: Fields, compat: TenantOptions['compat']): Directive {
  const identifier = fields.text('identifier') ?? '';
  if (identifier === '') report.error('DIRECTIVE_IDENTIFIER', fields.placeOf('identifier'), 'identifier is missing');
  const tenantVersion = fields.integer('tenantVersion') ?? 0;
  if (tenantVersion < 0) {
    report.error('DIRECTIVE_APP_VERSION', fields.placeOf('tenantVersion'), 'tenantVersion must not be negative');
  }
  const appVersion = `v${tenantVersion}.0.0`;
  const functions = readFunctions(report, fields, 'modules');
  const namespaceTree = fields.tree('defaultNamespace');
  const empty: Mapping = { kind: 'mapping', at: fields.at, entries: new Map() };
  const namespace =
    (namespaceTree && Fields.of(report, namespaceTree, "'defaultNamespace'", NAMESPACE_KEYS)) ??
    new Fields(report, empty);
  if (fields.list('namespaces', 1024).length > 0) {
    const text = "only 'defaultNamespace' is read; other namespaces cannot ship in a bundle";
    report.warn('DIRECTIVE_NOT_SERVED', fields.placeOf('namespaces'), text);
  }
  const rules = rulesOf(undefined);
  const scope: ReadingScope = {
    report,
    rules,
    functionKey: 'fqmn',
    resolve: resolver(identifier, appVersion, functions),
    stateKey: keyOfModule,
  };
  const connections = readConnections(report, namespace);
  const queries = readQueries(report, namespace);
  const other = { connections, queries, compat };
  const { grants, connections: capabilityConnections } = readCapabilities(report, namespace, other);
  return Object.freeze({
    kind: 'tenant',
    identifier,
    appVersion,
    atmoVersion: undefined,
    headless: false,
    functions,
    handlers: Object.freeze([]),
    schedules: Object.freeze([]),
    workflows: readWorkflows(scope, namespace),
    queries,
    connections,
    grants,
    capabilityConnections,
    rules,
  });
}

function readWorkflows(scope: ReadingScope, fields: Fields): readonly Workflow[] {
  const { report } = scope;
  const names = new Set<string>();
  const workflows: Workflow[] = [];
  for (const [index, tree] of fields.list('workflows', MAX_WORKFLOWS).entries()) {
    const entry = Fields.of(report, tree, `workflow at position ${index}`, WORKFLOW_KEYS);
    if (entry === undefined) continue;
    const name = entry.text('name') ?? '';
    const complain = (text: string): void =>
      report.error('DIRECTIVE_WORKFLOW', entry.placeOf('name'), `workflow at position ${index} ${text}`);
    if (name === '') complain('has no name');
    else if (names.has(name)) complain(`has a non-unique name ${name}`);
    names.add(name);
    if (entry.has('schedule') || entry.has('triggers')) {
      report.warn('DIRECTIVE_NOT_SERVED', entry.at, `workflow ${name} has a schedule or triggers, which start nothing`);
    }
    const sequence = readSequence({ ...scope, kind: 'workflow', name }, entry);
    const place = `${report.file}:${entry.at.line}:${entry.at.column}`;
    workflows.push(Object.freeze({ name, place, ...sequence }));
  }
  return Object.freeze(workflows);
}

/** Connections are a list of `{type, name, config}` here; `postgres` and `postgresql` mean the same. */
function readConnections(report: Report, namespace: Fields): Connections {
  const found = { nats: undefined, kafka: undefined, database: undefined, redis: undefined } as {
    -readonly [K in keyof Connections]: Connections[K];
  };
  for (const tree of namespace.list('connections', MAX_CONNECTIONS)) {
    const entry = Fields.of(report, tree, 'a connection', ['type', 'name', 'config']);
    const config = entry?.mapping('config');
    if (entry === undefined) continue;
    const type = entry.text('type') ?? '';
    const values = config && new Fields(report, config);
    const text = (key: string): string => {
      const value = values?.text(key) ?? '';
      if (value === '') report.error('DIRECTIVE_CONNECTION', entry.at, `${key} is empty`);
      return value;
    };
    const address = (key: string): string => {
      const value = text(key);
      if (value !== '' && !isAddress(value)) {
        report.error('DIRECTIVE_CONNECTION', entry.at, `failed to parse ${key} as URL`);
      }
      return value;
    };
    if (type === 'nats') found.nats = Object.freeze({ serverAddress: address('serverAddress') });
    else if (type === 'kafka') found.kafka = Object.freeze({ brokerAddress: address('brokerAddress') });
    else if (type === 'redis') {
      const [username, password] = [values?.text('username'), values?.text('password')];
      found.redis = Object.freeze({ serverAddress: address('serverAddress'), username, password });
    } else if (type === 'mysql') {
      found.database = Object.freeze({ type, connectionString: text('connectionString') });
    } else if (type === 'postgres' || type === 'postgresql') {
      found.database = Object.freeze({ type: 'postgresql', connectionString: text('connectionString') });
    } else report.error('DIRECTIVE_CONNECTION', entry.placeOf('type'), `unknown connection type ${type}`);
  }
  return Object.freeze(found);
}

function resolver(
  tenant: string,
  version: string,
  functions: readonly FunctionEntry[],
): (reference: string) => FunctionName | undefined {
  return (text) => {
    const reference = tryParse(text);
    const found =
      reference && functions.find(({ namespace, name }) => refersToModule(reference, { tenant, namespace, name }));
    return found && Object.freeze({ identifier: tenant, namespace: found.namespace, name: found.name, version });
  };
}

/** `with` may name a state key by the last part of its FQMN. */
function keyOfModule(written: string, state: ReadonlySet<string>): string | undefined {
  return [...state].find((key) => tryParse(key)?.name === written);
}

function tryParse(text: string): ModuleName | undefined {
  try {
    return parseModuleName(text);
  } catch (error) {
    if (error instanceof DirectiveError) return undefined;
    throw error;
  }
}
