/**
 * Enrollment tickets (`project.md` §5.3): three forms are read, one is written.
 *
 * A ticket holds a code that makes a member of whoever presents it first, so its text is a secret: no error shows any of it.
 */
import { BytesError, fromHex, fromUtf8, toHex, utf8 } from '../../kernel/index.ts';
import { parseIdentifier, IdentityError } from '../../trust/identity/index.ts';
import { parseMultiAddr, RoutingError } from '../../network/routing/index.ts';
import { CODE_LENGTH } from '../authority/index.ts';
import { EnrollmentError } from './errors.ts';
import { JsonObject } from './json-object.ts';
import { hosted, type ReadyProject, readyProject } from './project.ts';
import { nameOf, type ProjectModel, projectToJson, readProject } from './project-model.ts';

/** Ours: characters of a ticket; a real one has some three thousand. */
export const MAX_TICKET_LENGTH: number = 64 * 1024;

/** Fields of the compact form; the seventh, the route to the authority, may be missing. */
const COMPACT_FIELDS = 6;

/** Which gateway a device is meant to join, and how to reach it when not through the project. */
export interface TicketGateway {
  readonly name: string;
  readonly route?: string | undefined;
}

/** What a ticket says. */
export interface Ticket {
  /** 32 bytes, secret. */
  readonly oneTimeCode: Uint8Array;
  readonly model: ProjectModel;
  readonly gateway?: TicketGateway | undefined;
}

/** A ticket that was read and checked. */
export interface CheckedTicket extends Ticket {
  readonly project: ReadyProject;
}

/** The text of a ticket: the document form, one line of lower-case hex. */
export function formatTicket({ oneTimeCode, model, gateway }: Ticket): string {
  const document = {
    one_time_code: toHex(oneTimeCode),
    project: projectToJson(model),
    ...(gateway && {
      perigee: { gateway: gateway.name, ...(gateway.route !== undefined && { route: gateway.route }) },
    }),
  };
  return toHex(utf8(JSON.stringify(document)));
}

/**
 * Reads a ticket in any of its forms; white space around it is dropped. The histories in it are verified.
 * @throws {EnrollmentError} ENROLLMENT_TICKET_TOO_LONG, ENROLLMENT_TICKET_MALFORMED, ENROLLMENT_TICKET_INCOMPLETE,
 *   ENROLLMENT_TICKET_HOSTED, ENROLLMENT_INVALID_ROUTE, and as {@link readyProject}
 */
export function parseTicket(text: string): CheckedTicket {
  if (text.length > MAX_TICKET_LENGTH) {
    throw new EnrollmentError(
      'ENROLLMENT_TICKET_TOO_LONG',
      `a ticket has at most ${MAX_TICKET_LENGTH} characters, not ${text.length}`,
    );
  }
  const content = unhex(text.trim());
  const ticket = content.startsWith('{') ? readDocument(content) : readCompact(content);
  return { ...ticket, project: readyProject(ticket.model) };
}

/** What the hex of `text` says; `text` itself when it is none, as the plain compact form is not. */
function unhex(text: string): string {
  if (!/^[0-9a-fA-F]+$/.test(text)) return text;
  try {
    return fromUtf8(fromHex(text));
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause;
    throw malformed('it is hex, but of no text; a part may be missing', cause);
  }
}

function readDocument(content: string): Ticket {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    // The parser's message quotes the text, and with it perhaps the code.
    throw malformed('it is cut off, or no JSON document');
  }
  const json = JsonObject.of(value, 'ticket');
  const perigee = json.optionalObject('perigee');
  return {
    oneTimeCode: codeOf(json.optionalText('one_time_code')),
    model: readProject(json.object('project')),
    gateway: perigee && gatewayOf(perigee),
  };
}

function gatewayOf(json: JsonObject): TicketGateway {
  const route = json.optionalText('route');
  if (route !== undefined) checkRoute(route);
  return { name: nameOf('gateway', json.text('gateway')), ...(route !== undefined && { route }) };
}

function checkRoute(route: string): void {
  try {
    parseMultiAddr(route);
  } catch (cause) {
    if (!(cause instanceof RoutingError)) throw cause;
    throw new EnrollmentError('ENROLLMENT_INVALID_ROUTE', `the route to the gateway is invalid: ${cause.message}`, {
      cause,
    });
  }
}

function readCompact(content: string): Ticket {
  const fields = content.split(',');
  if (fields.length < COMPACT_FIELDS) {
    throw new EnrollmentError('ENROLLMENT_TICKET_INCOMPLETE', 'Missing fields in enrollment ticket', {
      remedy: 'pass the whole ticket, as it was printed',
    });
  }
  const [route = '', identifier = '', name = '', code, projectHistory, authorityHistory, authorityRoute = ''] = fields;
  // First: when the fields are out of place, no error of another one may show the code.
  const oneTimeCode = codeOf(code);
  if (!/^(\/|$)/.test(authorityRoute)) throw malformed('its seventh field is no route');
  if (!route.startsWith('/')) throw hosted('it names the project by its id, not by a route');
  const identity = readIdentifier(identifier);
  const model: ProjectModel = {
    // The form has no field for the id; the identifier is as unique.
    id: identity,
    name: nameOf('name', name),
    spaceId: '',
    spaceName: '',
    accessRoute: route,
    users: [],
    userRoles: [],
    identity,
    projectChangeHistory: projectHistory,
    authorityIdentity: authorityHistory,
    authorityAccessRoute: authorityRoute === '' ? undefined : authorityRoute,
  };
  return { oneTimeCode, model };
}

function readIdentifier(text: string): ReturnType<typeof parseIdentifier> {
  try {
    return parseIdentifier(text);
  } catch (cause) {
    if (!(cause instanceof IdentityError)) throw cause;
    throw malformed('its second field is no project identifier');
  }
}

function codeOf(text: string | undefined): Uint8Array {
  if (text !== undefined && /^[0-9a-fA-F]{64}$/.test(text)) return fromHex(text);
  throw malformed(`its one-time code is not ${2 * CODE_LENGTH} hex digits`);
}

function malformed(why: string, cause?: unknown): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_TICKET_MALFORMED', `this is not an enrollment ticket: ${why}`, {
    cause,
    remedy: 'pass the whole ticket, as it was printed',
  });
}
