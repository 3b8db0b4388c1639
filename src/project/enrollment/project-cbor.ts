/** A project as services tell it to each other (`project.md` §5.2): the same fields as in JSON, by number. */
import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { HASH_LENGTH, identifierFromBytes, identifierToBytes } from '../../trust/identity/index.ts';
import { EnrollmentError } from './errors.ts';
import {
  MAX_PROJECT_BYTES,
  nameOf,
  type OktaConfig,
  type ProjectModel,
  type ProjectUserRole,
  USER_ROLES,
  USER_SCOPES,
} from './project-model.ts';

/** Ours: users of a project, and texts of any list. */
const MAX_ITEMS = 4096;

type Field = readonly [number, ((writer: CborWriter) => void) | undefined];

/** CBOR of a project. */
export function encodeProject(project: ProjectModel): Uint8Array {
  const { identity, oktaConfig, running } = project;
  const text = (value: string | undefined): Field[1] =>
    value === undefined ? undefined : (writer) => void writer.text(value);
  return writeFields(new CborWriter(1024), [
    [1, text(project.id)],
    [2, text(project.name)],
    [3, text(project.spaceName)],
    [5, text(project.accessRoute)],
    [6, (writer) => writeTexts(writer, project.users)],
    [7, text(project.spaceId)],
    [8, identity && ((writer) => void writer.bytes(identifierToBytes(identity)))],
    [9, text(project.authorityAccessRoute)],
    [10, text(project.authorityIdentity)],
    [11, oktaConfig && ((writer) => writeOkta(writer, oktaConfig))],
    [13, text(project.version)],
    [14, running === undefined ? undefined : (writer) => void writer.bool(running)],
    [15, text(project.operationId)],
    [16, (writer) => writeUserRoles(writer, project.userRoles)],
    [17, text(project.projectChangeHistory)],
  ]).finish();
}

/** @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT */
export function decodeProject(bytes: Uint8Array): ProjectModel {
  if (bytes.length > MAX_PROJECT_BYTES) throw invalid(`a project has at most ${MAX_PROJECT_BYTES} bytes`);
  try {
    return readProjectFields(new CborReader(bytes));
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw invalid(`the project cannot be read: ${cause.message}`, cause);
  }
}

function readProjectFields(reader: CborReader): ProjectModel {
  const texts = new Map<number, string>();
  let users: readonly string[] | undefined;
  let userRoles: readonly ProjectUserRole[] | undefined;
  let identity: Uint8Array | undefined;
  let oktaConfig: OktaConfig | undefined;
  let running: boolean | undefined;
  readFields(reader, (key) => {
    if (key === 6) users = readTexts(reader);
    else if (key === 8) identity = reader.bytes(HASH_LENGTH);
    else if (key === 11) oktaConfig = readOkta(reader);
    else if (key === 14) running = reader.bool();
    else if (key === 16) userRoles = reader.list(() => readUserRole(reader), MAX_ITEMS);
    else if ([1, 2, 3, 5, 7, 9, 10, 13, 15, 17].includes(key)) texts.set(key, reader.text());
    else reader.skip();
  });
  return {
    id: nameOf('id', needed('id', texts.get(1))),
    name: nameOf('name', needed('name', texts.get(2))),
    spaceId: needed('space_id', texts.get(7)),
    spaceName: needed('space_name', texts.get(3)),
    accessRoute: needed('access_route', texts.get(5)),
    users: needed('users', users),
    userRoles: needed('user_roles', userRoles),
    identity: identity && identifierFromBytes(identity),
    projectChangeHistory: texts.get(17),
    authorityAccessRoute: texts.get(9),
    authorityIdentity: texts.get(10),
    oktaConfig,
    version: texts.get(13),
    running,
    operationId: texts.get(15),
  };
}

function writeOkta(writer: CborWriter, okta: OktaConfig): void {
  writer.map(4).uint(1).text(okta.tenantBaseUrl).uint(2).text(okta.certificate).uint(3).text(okta.clientId).uint(4);
  writeTexts(writer, okta.attributes);
}

function readOkta(reader: CborReader): OktaConfig {
  const texts = new Map<number, string>();
  let attributes: readonly string[] | undefined;
  readFields(reader, (key) => {
    if (key === 4) attributes = readTexts(reader);
    else if (key <= 3) texts.set(key, reader.text());
    else reader.skip();
  });
  return {
    tenantBaseUrl: needed('tenant_base_url', texts.get(1)),
    certificate: needed('certificate', texts.get(2)),
    clientId: needed('client_id', texts.get(3)),
    attributes: needed('attributes', attributes),
  };
}

function writeUserRoles(writer: CborWriter, roles: readonly ProjectUserRole[]): void {
  writer.array(roles.length);
  for (const { email, id, role, scope } of roles) {
    writer.map(4).uint(1).text(email).uint(2).uint(id);
    writer.uint(3).uint(USER_ROLES.indexOf(role)).uint(4).uint(USER_SCOPES.indexOf(scope));
  }
}

function readUserRole(reader: CborReader): ProjectUserRole {
  let email: string | undefined;
  const numbers = new Map<number, number>();
  readFields(reader, (key) => {
    if (key === 1) email = reader.text();
    else if (key <= 4) numbers.set(key, reader.uint());
    else reader.skip();
  });
  return {
    email: needed('email', email),
    id: needed('id', numbers.get(2)),
    role: needed('role', USER_ROLES[numbers.get(3) ?? -1]),
    scope: needed('scope', USER_SCOPES[numbers.get(4) ?? -1]),
  };
}

function writeTexts(writer: CborWriter, texts: readonly string[]): void {
  writer.array(texts.length);
  for (const text of texts) writer.text(text);
}

function readTexts(reader: CborReader): readonly string[] {
  return reader.list(() => reader.text(), MAX_ITEMS);
}

/** A map of the fields that are there. */
function writeFields(writer: CborWriter, fields: readonly Field[]): CborWriter {
  writer.map(fields.filter(([, write]) => write !== undefined).length);
  for (const [key, write] of fields) if (write !== undefined) write(writer.uint(key));
  return writer;
}

/** Calls `read` for every field that is not null. */
function readFields(reader: CborReader, read: (key: number) => void): void {
  const pairs = reader.map();
  while (pairs.more()) {
    const key = reader.uint();
    if (!reader.takeNull()) read(key);
  }
  pairs.end();
}

function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw invalid(`the field "${name}" is missing`);
  return value;
}

function invalid(message: string, cause?: unknown): EnrollmentError {
  return new EnrollmentError('ENROLLMENT_INVALID_PROJECT', message, { cause });
}
