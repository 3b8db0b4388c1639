import { quoted } from '../../kernel/index.ts';
import { type Identifier, IdentityError, parseIdentifier } from '../../trust/identity/index.ts';
import { EnrollmentError } from './errors.ts';
import { JsonObject } from './json-object.ts';

/** Ours: what is read of a project; a real one has a few kilobytes. */
export const MAX_PROJECT_BYTES: number = 256 * 1024;
/** Ours. */
const MAX_NAME_LENGTH = 256;

/** Specification: the number of a role, and of a scope, is its place. */
export const USER_ROLES = ['Admin', 'Guest', 'Service'] as const;
export const USER_SCOPES = ['Project', 'Service', 'Space'] as const;

/** A user's place in a project of a hosted service (`project.md` §5.2). */
export interface ProjectUserRole {
  readonly email: string;
  readonly id: number;
  readonly role: (typeof USER_ROLES)[number];
  readonly scope: (typeof USER_SCOPES)[number];
}

/** Where a project's members may prove themselves by OIDC. */
export interface OktaConfig {
  readonly tenantBaseUrl: string;
  readonly certificate: string;
  readonly clientId: string;
  readonly attributes: readonly string[];
}

/** All that is told of a project; texts as they came, checked by `project.ts` before anything is done with them. */
export interface ProjectModel {
  readonly id: string;
  readonly name: string;
  readonly spaceId: string;
  readonly spaceName: string;
  /** Route to the project node's listener; empty when the project is not ready. */
  readonly accessRoute: string;
  readonly users: readonly string[];
  readonly userRoles: readonly ProjectUserRole[];
  readonly identity?: Identifier | undefined;
  /** Change history, hex. */
  readonly projectChangeHistory?: string | undefined;
  readonly authorityAccessRoute?: string | undefined;
  /** Change history, hex. */
  readonly authorityIdentity?: string | undefined;
  readonly oktaConfig?: OktaConfig | undefined;
  readonly version?: string | undefined;
  readonly running?: boolean | undefined;
  readonly operationId?: string | undefined;
}

/** The JSON value of a project, keys in order; optional fields are left out when absent. */
export function projectToJson(project: ProjectModel): Readonly<Record<string, unknown>> {
  const { oktaConfig: okta } = project;
  return withoutAbsent({
    access_route: project.accessRoute,
    authority_access_route: project.authorityAccessRoute,
    authority_identity: project.authorityIdentity,
    id: project.id,
    identity: project.identity,
    name: project.name,
    okta_config: okta && {
      attributes: okta.attributes,
      certificate: okta.certificate,
      client_id: okta.clientId,
      tenant_base_url: okta.tenantBaseUrl,
    },
    operation_id: project.operationId,
    project_change_history: project.projectChangeHistory,
    running: project.running,
    space_id: project.spaceId,
    space_name: project.spaceName,
    user_roles: project.userRoles.map(({ email, id, role, scope }) => ({ email, id, role, scope })),
    users: project.users,
    version: project.version,
  });
}

/**
 * The project of a JSON value; keys that are not known are skipped.
 * @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT, which names the field.
 */
export function projectFromJson(value: unknown, place = ''): ProjectModel {
  return readProject(JsonObject.of(value, place));
}

/**
 * The project of a JSON document, as `project show --output json` writes it.
 * @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT
 */
export function parseProjectFile(text: string): ProjectModel {
  if (text.length > MAX_PROJECT_BYTES) throw invalid(`a project file has at most ${MAX_PROJECT_BYTES} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid('the project file is not JSON', cause);
  }
  return projectFromJson(value);
}

export function readProject(json: JsonObject): ProjectModel {
  const okta = json.optionalObject('okta_config');
  const identity = json.optionalText('identity');
  return {
    id: nameOf('id', json.text('id')),
    name: nameOf('name', json.text('name')),
    spaceId: json.text('space_id'),
    spaceName: json.text('space_name'),
    accessRoute: json.text('access_route'),
    users: json.texts('users'),
    userRoles: json.objects('user_roles').map((role) => ({
      email: role.text('email'),
      id: role.wholeNumber('id'),
      role: oneOf(USER_ROLES, 'role', role.text('role')),
      scope: oneOf(USER_SCOPES, 'scope', role.text('scope')),
    })),
    identity: identity === undefined ? undefined : identifierOf(identity),
    projectChangeHistory: json.optionalText('project_change_history'),
    authorityAccessRoute: json.optionalText('authority_access_route'),
    authorityIdentity: json.optionalText('authority_identity'),
    oktaConfig: okta && {
      tenantBaseUrl: okta.text('tenant_base_url'),
      certificate: okta.text('certificate'),
      clientId: okta.text('client_id'),
      attributes: okta.texts('attributes'),
    },
    version: json.optionalText('version'),
    running: json.optionalBoolean('running'),
    operationId: json.optionalText('operation_id'),
  };
}

/** `text`, which names the project in files, scopes and on terminals. @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT */
export function nameOf(field: string, text: string): string {
  if (text.length > 0 && text.length <= MAX_NAME_LENGTH && !/[\p{C}\s/\\]/u.test(text)) return text;
  throw invalid(`the field "${field}" is no name: ${quoted(text)}`);
}

function oneOf<T extends string>(known: readonly T[], field: string, text: string): T {
  const found = known.find((one) => one.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw invalid(`the field "${field}" of a user is none of ${known.join(', ')}: ${quoted(text)}`);
}

function identifierOf(text: string): Identifier {
  try {
    return parseIdentifier(text);
  } catch (cause) {
    if (!(cause instanceof IdentityError)) throw cause;
    throw invalid(`the field "identity" is no identifier: ${quoted(text)}`, cause);
  }
}

function withoutAbsent(fields: Record<string, unknown>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function invalid(message: string, cause?: unknown): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_INVALID_PROJECT', message, { cause });
}
