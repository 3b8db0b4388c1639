import { fromUtf8, hasCode, quoted } from '../../kernel/index.ts';
import {
  type AuthoritySession,
  type CheckedTicket,
  enroll,
  type Enrollment,
  EnrollmentError,
  formatTicket,
  MAX_TICKET_LENGTH,
  parseTicket,
  projectFromJson,
  projectToJson,
  type ReadyProject,
  readyProject,
  type TicketGateway,
  withAuthority,
} from '../../project/enrollment/index.ts';
import { SqliteCredentialStore } from '../../storage/sqlite/index.ts';
import { changeHistoryFromHex, type Identifier, verifyHistory } from '../../trust/identity/index.ts';
import { type Core, createCore, joinProject, type Membership } from '../core/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, NamedIdentity, ProjectRecord } from '../home/index.ts';
import { coreStores } from '../identity/index.ts';
import { readUserFile } from '../user-files/index.ts';

/** Whose attributes are learned while a command runs; nothing is left under it. */
const SHORT_LIVED = '';
const DOWNLOAD_MS = 30_000;

/** What a ticket is to make of its user. */
export interface TicketTerms {
  readonly attributes: ReadonlyMap<string, string>;
  readonly ttlSeconds: number;
  readonly uses: number;
  readonly gateway?: TicketGateway | undefined;
}

/**
 * Has the authority of a project make an invitation; `identity` must be an enroller there.
 * @throws {EnrollmentError} ENROLLMENT_REFUSED, ENROLLMENT_UNREACHABLE, ENROLLMENT_INVALID_ANSWER
 */
export async function createTicket(
  home: Home,
  {
    project,
    identity,
    terms,
    timeoutMs,
    signal,
  }: {
    project: ProjectRecord;
    identity: Identifier;
    terms: TicketTerms;
    timeoutMs?: number | undefined;
    signal: AbortSignal;
  },
): Promise<string> {
  const { attributes, ttlSeconds, uses, gateway } = terms;
  const oneTimeCode = await atAuthority(home, { project, identity, timeoutMs, signal }, ({ createToken }) =>
    createToken({ attributes, ttlSeconds, uses }),
  );
  return formatTicket({ oneTimeCode, model: modelOf(project), gateway });
}

/**
 * Lets `use` talk to the authority of a project as `identity`, who must be an enroller for most of it.
 * `timeoutMs` is for opening the channel and for each answer; two minutes unless given.
 * @throws {EnrollmentError} ENROLLMENT_REFUSED, ENROLLMENT_UNREACHABLE, ENROLLMENT_INVALID_ANSWER
 */
export async function atAuthority<T>(
  home: Home,
  {
    project,
    identity,
    timeoutMs,
    signal,
  }: {
    readonly project: ProjectRecord;
    readonly identity: Identifier;
    readonly timeoutMs?: number | undefined;
    readonly signal: AbortSignal;
  },
  use: (session: AuthoritySession) => Promise<T>,
): Promise<T> {
  const { identity: authority, route } = readyProject(modelOf(project)).authority;
  const work = withCore(home, async ({ channels, transport, identities }) => {
    await identities.receive(authority.history, authority.identifier);
    return withAuthority(
      { channels, transport, identity, authority: authority.identifier, route, timeoutMs, signal },
      use,
    );
  });
  return unlessStopped(project, work);
}

/** What enrolling led to. */
export interface EnrolledIn {
  readonly project: ProjectRecord;
  readonly enrollment: Enrollment;
}

/**
 * Enrolls `identity` with a ticket or an access token, or fetches its credential of a project that it is a member of; the project is
 * recorded.
 * @throws {EnrollmentError} as {@link enroll} · {NodeError} NODE_IN_USE when the ticket gives a known project another authority or node
 */
export async function enrollWithTicket(
  home: Home,
  options: {
    readonly identity: NamedIdentity;
    readonly ticket?: CheckedTicket | undefined;
    readonly project?: ProjectRecord | undefined;
    /** Of the project's identity provider. */
    readonly accessToken?: string | undefined;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<EnrolledIn> {
  const { identity, ticket, timeoutMs, signal } = options;
  if (ticket !== undefined) requireSameEnds(home, ticket);
  const known = options.project;
  const project = ticket?.project ?? (known && readyProject(modelOf(known)));
  if (project === undefined) throw new NodeError('NODE_INPUT', 'a ticket or a project is needed');
  const enrollment = await withCore(home, ({ channels, transport }) =>
    enroll({
      channels,
      transport,
      identity: identity.identifier,
      project,
      oneTimeCode: ticket?.oneTimeCode,
      accessToken: options.accessToken,
      credentials: new SqliteCredentialStore(home.database, SHORT_LIVED),
      timeoutMs,
      signal,
    }),
  );
  if (ticket !== undefined) {
    const { id, name } = ticket.model;
    home.projects.put({ id, name, model: projectToJson(ticket.model), hosted: undefined });
  }
  const record = home.projects.byId(project.id);
  if (record === undefined) throw new NodeError('NODE_UNKNOWN', `the project ${quoted(project.name)} was just deleted`);
  return { project: record, enrollment };
}

/**
 * Nodes trust a project by its id: a ticket, which anybody may write, must not put another authority under the id of a known one, nor
 * another node, at whose relays members would then meet whom that node likes.
 * @throws {NodeError} NODE_IN_USE
 */
function requireSameEnds(home: Home, { project }: CheckedTicket): void {
  const known = home.projects.byId(project.id);
  if (known === undefined) return;
  const { authority_identity: authority, project_change_history: node } = known.model as {
    readonly authority_identity?: string;
    readonly project_change_history?: string;
  };
  const ends = [
    ['authority', authority, project.authority],
    ['node', node, project.node],
  ] as const;
  for (const [end, history, { identity }] of ends) {
    if (history === undefined || verifyHistory(changeHistoryFromHex(history)).identifier === identity.identifier)
      continue;
    throw new NodeError('NODE_IN_USE', `The project ${quoted(known.name)} has that id already, and another ${end}`, {
      remedy: `delete it first, if the ticket is from somebody you trust: perigee project delete ${known.name}`,
    });
  }
}

/** What the authority of the project attests about `identity`. @throws {EnrollmentError} ENROLLMENT_NO_CREDENTIAL */
export async function memberAttributes(
  home: Home,
  project: ProjectRecord,
  identity: Identifier,
): Promise<ReadonlyMap<string, string>> {
  const work = withCore(home, async (core) => {
    const membership = await memberOf(core, home, readyProject(modelOf(project)), identity);
    try {
      return await membership.attributes();
    } finally {
      membership.close();
    }
  });
  return unlessStopped(project, work);
}

/** Says how to start a project of this home, where nobody answers because it is stopped. */
async function unlessStopped<T>({ name, hosted, status }: ProjectRecord, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isSilent = hasCode(error, 'ENROLLMENT_UNREACHABLE') || hasCode(error, 'ENROLLMENT_NO_CREDENTIAL');
    if (!isSilent || hosted === undefined || status === 'running') throw error;
    const { code, message, cause } = error;
    const remedy = `the project is stopped; start it: perigee project start ${name}`;
    throw new EnrollmentError(code, message, { cause, remedy });
  }
}

/**
 * A ticket given as text, as the path of a file or as an address to fetch it from.
 * @throws {EnrollmentError} as {@link parseTicket} · {NodeError} NODE_INPUT
 */
export async function readTicketText(given: string, signal: AbortSignal): Promise<CheckedTicket> {
  if (/^https?:\/\//.test(given)) return parseTicket(await download(given, signal));
  if (given.length > 4096 || given.includes(',')) return parseTicket(given);
  const text = await ticketFile(given);
  if (text !== undefined) return parseTicket(text);
  try {
    return parseTicket(given);
  } catch (error) {
    if (!(error instanceof EnrollmentError)) throw error;
    const { code, message, cause } = error;
    const remedy =
      'pass the whole ticket, as it was printed, or the path of a file that has it; there is no file of this name';
    throw new EnrollmentError(code, message, { cause, remedy });
  }
}

/** What is in the file of a ticket; undefined when there is no file of that name. @throws {NodeError} NODE_INPUT */
async function ticketFile(file: string): Promise<string | undefined> {
  try {
    return fromUtf8(await readUserFile(file, MAX_TICKET_LENGTH));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENAMETOOLONG' || code === 'ENOTDIR') return undefined;
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('NODE_INPUT', `cannot read ${quoted(file)}`, {
      cause,
      remedy: 'check that it is the file of a ticket, and that it may be read',
    });
  }
}

async function download(address: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]) });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_TICKET_LENGTH) break;
    }
    return text;
  } catch (cause) {
    signal.throwIfAborted();
    throw new NodeError('NODE_INPUT', `Failed to download file from ${quoted(address)}`, {
      cause,
      remedy: 'check the address, and that this machine reaches it',
    });
  }
}

/** @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT while a hosted project has never run */
function modelOf(project: ProjectRecord): ReturnType<typeof projectFromJson> {
  return projectFromJson(project.model);
}

function memberOf(core: Core, home: Home, project: ReadyProject, identity: Identifier): Promise<Membership> {
  return joinProject(core, { project, identity, credentials: new SqliteCredentialStore(home.database, SHORT_LIVED) });
}

async function withCore<T>(home: Home, use: (core: Core) => Promise<T>): Promise<T> {
  const core = createCore({ stores: coreStores(home, SHORT_LIVED), name: 'command' });
  try {
    return await use(core);
  } finally {
    await core.stop();
  }
}
