import { quoted } from '../../kernel/index.ts';
import {
  changeHistoryFromHex,
  changeHistoryToHex,
  type Identity,
  IdentityError,
  verifyHistory,
} from '../../trust/identity/index.ts';
import { EnrollmentError } from './errors.ts';
import type { OktaConfig, ProjectModel } from './project-model.ts';
import { parseServiceRoute, type ServiceRoute } from './service-route/index.ts';

/** One of the two identities of a project, verified, and the way to it. */
export interface ProjectEnd {
  readonly identity: Identity;
  readonly route: ServiceRoute;
}

/** A project with all that is needed to use it, every part checked (`project.md` §5.2). */
export interface ReadyProject {
  readonly id: string;
  readonly name: string;
  readonly node: ProjectEnd;
  readonly authority: ProjectEnd;
}

/** What a self-hosted project is made of. */
export interface NewProject extends ReadyProject {
  readonly spaceId: string;
  readonly spaceName: string;
  readonly oktaConfig?: OktaConfig | undefined;
  /** Of the software that hosts it. */
  readonly version?: string | undefined;
}

/** Where in a store the credential of a project's member is kept (`project.md` §7.1). */
export function memberScope(projectId: string): string {
  return `project-member-${projectId}`;
}

/** What is told of a self-hosted project. */
export function projectModelOf(project: NewProject): ProjectModel {
  const { id, name, spaceId, spaceName, node, authority, oktaConfig, version } = project;
  return {
    id,
    name,
    spaceId,
    spaceName,
    accessRoute: node.route.text,
    users: [],
    userRoles: [],
    identity: node.identity.identifier,
    projectChangeHistory: changeHistoryToHex(node.identity.history),
    authorityAccessRoute: authority.route.text,
    authorityIdentity: changeHistoryToHex(authority.identity.history),
    oktaConfig,
    running: true,
    version,
  };
}

/**
 * The project of a model, its histories verified.
 * @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT when a part is missing or no valid identity, ENROLLMENT_INVALID_ROUTE,
 *   ENROLLMENT_WRONG_IDENTITY when the project's identifier is not the one of its history, ENROLLMENT_TICKET_HOSTED when there is
 *   no route to the authority
 */
export function readyProject(model: ProjectModel): ReadyProject {
  const { id, name, accessRoute, authorityAccessRoute, identity } = model;
  if (accessRoute === '') throw invalid('the project is not ready: its access route is empty');
  const nodeIdentity = identityOf('project_change_history', model.projectChangeHistory);
  if (identity !== undefined && identity !== nodeIdentity.identifier) {
    throw new EnrollmentError(
      'ENROLLMENT_WRONG_IDENTITY',
      `the project's identifier is ${identity}, but its change history is the one of ${nodeIdentity.identifier}`,
    );
  }
  const authorityIdentity = identityOf('authority_identity', model.authorityIdentity);
  if (authorityAccessRoute === undefined) throw hosted('it has no route to its authority');
  return {
    id,
    name,
    node: { identity: nodeIdentity, route: parseServiceRoute(accessRoute, 'access route') },
    authority: {
      identity: authorityIdentity,
      route: parseServiceRoute(authorityAccessRoute, 'authority access route'),
    },
  };
}

/** What cannot be used without the hosted service that made it. */
export function hosted(why: string): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_TICKET_HOSTED', `this ticket was issued for the hosted service: ${why}`, {
    remedy: 'ask for a ticket of a self-hosted project',
  });
}

function identityOf(field: string, hex: string | undefined): Identity {
  if (hex === undefined) throw invalid(`the field ${quoted(field)} is missing`);
  try {
    return verifyHistory(changeHistoryFromHex(hex));
  } catch (cause) {
    if (!(cause instanceof IdentityError)) throw cause;
    throw invalid(`the field ${quoted(field)} is no valid identity: ${cause.message}`, cause);
  }
}

function invalid(message: string, cause?: unknown): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_INVALID_PROJECT', message, { cause });
}
