/** Handlers and schedules of a Directive (`directive.md §2.2`, §2.4, §4). */
import { Fields } from './fields.ts';
import type { Connections, Handler, Schedule, StreamHandler } from './model.ts';
import { readSequence, type StepsScope } from './read-steps.ts';
import type { Report } from './report.ts';
import { HEALTH_PATH, RouteTable } from './route-table.ts';

const MAX_HANDLERS = 4096;
const MAX_SCHEDULES = 1024;
const HANDLER_KEYS = ['type', 'source', 'method', 'resource', 'steps', 'response', 'respondTo'];
const SCHEDULE_KEYS = ['name', 'every', 'state', 'steps', 'response'];
const SECONDS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;

/** What every reader of steps shares; the reader of a handler or schedule adds whose steps they are. */
export type ReadingScope = Omit<StepsScope, 'kind' | 'name'>;

/** The handlers under key `handlers`. */
export function readHandlers(scope: ReadingScope, fields: Fields, connections: Connections): readonly Handler[] {
  const { report } = scope;
  const routes = new RouteTable<undefined>();
  const handlers: Handler[] = [];
  for (const [index, tree] of fields.list('handlers', MAX_HANDLERS).entries()) {
    const entry = Fields.of(report, tree, `handler at position ${index}`, HANDLER_KEYS);
    const handler = entry && readHandler(scope, entry, index, connections, routes);
    if (handler !== undefined) handlers.push(handler);
  }
  return Object.freeze(handlers);
}

function readHandler(
  scope: ReadingScope,
  fields: Fields,
  index: number,
  connections: Connections,
  routes: RouteTable<undefined>,
): Handler | undefined {
  const { report } = scope;
  const type = fields.text('type') ?? '';
  const resource = fields.text('resource') ?? '';
  const method = fields.text('method');
  const subject = `handler for resource ${resource}`;
  if (type !== 'request' && type !== 'stream') {
    const text = `${subject} has invalid type, must be 'request' or 'stream'`;
    report.error('DIRECTIVE_HANDLER_TYPE', fields.placeOf('type'), text);
  }
  if (resource === '') {
    report.error('DIRECTIVE_HANDLER_RESOURCE', fields.at, `handler at position ${index} missing resource`);
  }
  const source = type === 'stream' ? readSource(report, fields, subject, connections) : undefined;
  const isPath = type !== 'stream' || source === 'server';
  if (isPath && resource !== '' && !resource.startsWith('/')) {
    const text = `handler resource must begin with leading slash '/': ${resource}`;
    report.error('DIRECTIVE_HANDLER_RESOURCE', fields.placeOf('resource'), text);
  } else if (isPath && resource !== '') {
    // A websocket is mounted as GET, so it can collide with a request handler.
    const conflict = routes.add(type === 'stream' ? 'GET' : (method ?? ''), resource, undefined);
    if (conflict !== undefined) report.error('DIRECTIVE_ROUTE', fields.placeOf('resource'), conflict);
    if (type === 'request' && resource === HEALTH_PATH) {
      const text = `${subject} cannot be served: every gateway answers ${HEALTH_PATH} itself`;
      report.warn('DIRECTIVE_ROUTE', fields.placeOf('resource'), text);
    }
  }
  if (type === 'request') checkRequestKeys(report, fields, subject, method);

  const name = type === 'request' ? `${method ?? ''} ${resource}` : resource;
  const sequence = readSequence({ ...scope, kind: 'handler', name }, fields);
  const place = `${report.file}:${fields.at.line}:${fields.at.column}`;
  if (type === 'request') {
    return Object.freeze({ type, method: method ?? '', resource, name, place, ...sequence });
  }
  if (type !== 'stream' || source === undefined) return undefined;
  report.warn('DIRECTIVE_NOT_SERVED', fields.at, `${subject} is a stream; only requests are served`);
  return Object.freeze({ type, source, resource, respondTo: fields.text('respondTo'), name, place, ...sequence });
}

function checkRequestKeys(report: Report, fields: Fields, subject: string, method: string | undefined): void {
  const has = `${subject} has type 'request'`;
  if (!method) {
    report.error('DIRECTIVE_HANDLER_METHOD', fields.at, `${has}, but does not specify a method`);
  } else if (!/^[A-Z]+$/.test(method)) {
    const text = `methods are compared exactly, so ${method} will not match a usual request`;
    report.warn('DIRECTIVE_HANDLER_METHOD', fields.placeOf('method'), text);
  }
  if (fields.has('respondTo')) {
    const text = `${has}, but defines a 'respondTo' field, which only valid for type 'stream'`;
    report.error('DIRECTIVE_HANDLER_RESPOND_TO', fields.placeOf('respondTo'), text);
  }
}

function readSource(
  report: Report,
  fields: Fields,
  subject: string,
  connections: Connections,
): StreamHandler['source'] | undefined {
  const source = fields.text('source') ?? 'server';
  if (source === 'server') return source;
  if (source !== 'nats' && source !== 'kafka') {
    const text = `${subject} references source ${source} that does not exist`;
    report.error('DIRECTIVE_HANDLER_SOURCE', fields.placeOf('source'), text);
    return undefined;
  }
  if (connections[source] === undefined) {
    const text = `${subject} references source ${source} that is not configured`;
    report.error('DIRECTIVE_HANDLER_SOURCE', fields.placeOf('source'), text);
  }
  return source;
}

/** The schedules under key `schedules`. */
export function readSchedules(scope: ReadingScope, fields: Fields): readonly Schedule[] {
  const { report } = scope;
  const schedules: Schedule[] = [];
  for (const [index, tree] of fields.list('schedules', MAX_SCHEDULES).entries()) {
    const entry = Fields.of(report, tree, `schedule at position ${index}`, SCHEDULE_KEYS);
    if (entry === undefined) continue;
    const name = entry.text('name') ?? '';
    if (name === '') report.error('DIRECTIVE_SCHEDULE', entry.at, `schedule at position ${index} has no name`);
    const everySeconds = readEvery(report, entry, `schedule ${name}`);
    const state = readInitialState(report, entry);
    const sequence = readSequence(
      { ...scope, kind: 'schedule', name },
      entry,
      state.map(([key]) => key),
    );
    const place = `${report.file}:${entry.at.line}:${entry.at.column}`;
    report.warn('DIRECTIVE_NOT_SERVED', entry.at, `schedule ${name} will not run; only requests are served`);
    schedules.push(Object.freeze({ name, everySeconds, state, place, ...sequence }));
  }
  return Object.freeze(schedules);
}

function readEvery(report: Report, fields: Fields, subject: string): number {
  const tree = fields.tree('every');
  const every = tree && Fields.of(report, tree, `'every' of ${subject}`, Object.keys(SECONDS));
  let seconds = 0;
  for (const [unit, length] of Object.entries(SECONDS)) seconds += (every?.integer(unit) ?? 0) * length;
  if (seconds === 0) report.error('DIRECTIVE_SCHEDULE', fields.placeOf('every'), `${subject} has no 'every' values`);
  else if (seconds < 0 || !Number.isSafeInteger(seconds * 1000)) {
    report.error('DIRECTIVE_SCHEDULE', fields.placeOf('every'), `${subject} has an 'every' that is out of range`);
  }
  return seconds;
}

function readInitialState(report: Report, fields: Fields): Schedule['state'] {
  const state: (readonly [key: string, value: string])[] = [];
  for (const [key, { value }] of fields.mapping('state')?.entries ?? []) {
    if (value.kind === 'scalar') state.push(Object.freeze([key, value.text] as const));
    else report.error('DIRECTIVE_TYPE', value.at, `state '${key}' must be a text`);
  }
  return Object.freeze(state);
}
