/** `--authority-identity` and `--authority-route` of commands that talk to the authority of a project (`commands.md` §8.11). */
import type { CheckedTicket } from '../../../project/enrollment/index.ts';
import { parseServiceRoute } from '../../../project/enrollment/index.ts';
import type { ProjectRecord } from '../../../node/home/index.ts';
import { changeHistoryFromHex, type Identifier, verifyHistory } from '../../../trust/identity/index.ts';
import { CliError } from '../../errors.ts';
import type { CheckedAuthority } from '../../options/trust-options.ts';

/** The project, whose authority must be the stated one, reached by the stated route. @throws {CliError} CLI_FAILED */
export function projectWith(project: ProjectRecord, stated: CheckedAuthority | undefined): ProjectRecord {
  if (stated === undefined) return project;
  const model = project.model as Readonly<Record<string, unknown>>;
  const history = model['authority_identity'];
  requireSame(
    typeof history === 'string' ? verifyHistory(changeHistoryFromHex(history)).identifier : undefined,
    stated,
    project.name,
  );
  return stated.route === undefined
    ? project
    : { ...project, model: { ...model, authority_access_route: stated.route } };
}

/**
 * The ticket, whose project must have the stated authority, reached by the stated route; what is recorded of the project is what the ticket says.
 * @throws {CliError} CLI_FAILED · {EnrollmentError} ENROLLMENT_INVALID_ROUTE
 */
export function ticketWith(ticket: CheckedTicket, stated: CheckedAuthority | undefined): CheckedTicket {
  if (stated === undefined) return ticket;
  const { project } = ticket;
  requireSame(project.authority.identity.identifier, stated, project.name);
  if (stated.route === undefined) return ticket;
  const route = parseServiceRoute(stated.route, 'route to the authority');
  return { ...ticket, project: { ...project, authority: { ...project.authority, route } } };
}

function requireSame(actual: Identifier | undefined, { identifier }: CheckedAuthority, name: string): void {
  if (actual === identifier) return;
  throw new CliError(
    'CLI_FAILED',
    `the authority of the project ${name} is ${actual ?? 'not known'}, not ${identifier}`,
    {
      remedy: 'ask whom you have the project or the ticket from, by a way that you trust',
    },
  );
}
