import type { ProjectRecord } from '../../node/home/index.ts';
import type { Output, Result } from '../output/output.ts';

/** Fields of a project's model that are shown. */
type Model = Readonly<Record<string, unknown>>;

/** A project as JSON (`commands.md` §9.1): what can be imported, and whether its service process runs here. */
export function projectJson({ model, name, hosted, status }: ProjectRecord): unknown {
  const fields = model as Model;
  return {
    ...fields,
    access_address: addressOf(fields['access_route']),
    authority_access_address: addressOf(fields['authority_access_route']),
    egress_allow_list: [],
    name,
    operation_id: fields['operation_id'] ?? null,
    running: hosted === undefined ? (fields['running'] ?? null) : status === 'running',
    version: fields['version'] ?? null,
  };
}

/** The forms of a project's report; what verifies the authority's history is loaded when somebody reads whose it is. */
export async function projectReport(output: Output, project: ProjectRecord): Promise<Result> {
  const json = projectJson(project);
  if (!output.showsPlain) return { json };
  const { resultStyle: style } = output;
  const { id, name, isDefault, hosted, status } = project;
  const model = project.model as Model;
  const text = (key: string): string => (typeof model[key] === 'string' && model[key] !== '' ? model[key] : 'N/A');
  const running =
    hosted === undefined ? 'not hosted here' : status === 'running' ? style.success('UP') : style.failure('DOWN');
  const lines = [
    `${style.primary(name)}${isDefault ? ' (default)' : ''}:`,
    `  Id: ${id}`,
    `  Name: ${name}`,
    `  Space: ${text('space_name')}`,
    `  Route: ${text('access_route')}`,
    `  Address: ${addressOf(model['access_route']) ?? 'N/A'}`,
    `  Identifier: ${text('identity')}`,
    `  Version: ${text('version')}`,
    `  Is running: ${running}`,
    `  Authority route: ${text('authority_access_route')}`,
    `  Authority address: ${addressOf(model['authority_access_route']) ?? 'N/A'}`,
    `  Authority identifier: ${(await identifierOf(model['authority_identity'])) ?? 'N/A'}`,
    '  Egress allow list: -',
  ];
  return { plain: lines.map((line) => `    ${line}`).join('\n'), json };
}

/** `host:port` of a route such as `/ip4/127.0.0.1/tcp/4000/service/api`. */
export function addressOf(route: unknown): string | null {
  const [, host, port] = typeof route === 'string' ? (/^\/[a-z0-9]+\/([^/]+)\/tcp\/(\d+)/.exec(route) ?? []) : [];
  return host === undefined || port === undefined ? null : `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whose change history it is; a project may come without one, or with one that is not valid. */
async function identifierOf(history: unknown): Promise<string | undefined> {
  if (typeof history !== 'string') return undefined;
  const { changeHistoryFromHex, IdentityError, verifyHistory } = await import('../../trust/identity/history/index.ts');
  try {
    return verifyHistory(changeHistoryFromHex(history)).identifier;
  } catch (error) {
    if (error instanceof IdentityError) return undefined;
    throw error;
  }
}
