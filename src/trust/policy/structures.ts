import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { readExpr, readPolicyExpression, readVariant, writeExpr, writePolicyExpression } from './encoding.ts';
import { PolicyError } from './errors.ts';
import type { Expr, PolicyExpression } from './expression.ts';
import { RESOURCE_TYPES, type ResourceType } from './resources.ts';

/** Specification constants (`policies.md` §10): numbers of the action and of the variants of a resource. */
const HANDLE_MESSAGE_NUMBER = 1;
const BY = { type: 1, name: 2 } as const;

/** Ours: policies of each kind in one list. */
const MAX_POLICIES = 65_536;

/** Something that policies protect. */
export interface Resource {
  readonly name: string;
  readonly type: ResourceType;
}

/** What a policy is attached to. */
export type ResourceTypeOrName = { readonly type: ResourceType } | { readonly name: string };

/** The policy of one resource, for the one action. */
export interface ResourcePolicy {
  readonly name: string;
  readonly expression: Expr;
}

/** The policy of all resources of a type that have none of their own. */
export interface ResourceTypePolicy {
  readonly type: ResourceType;
  readonly expression: Expr;
}

/** Asks a node to attach an expression. */
export interface SetPolicyRequest {
  readonly resource: ResourceTypeOrName;
  readonly expression: PolicyExpression;
}

/** All policies of a node. */
export interface PoliciesList {
  readonly resourcePolicies: readonly ResourcePolicy[];
  readonly resourceTypePolicies: readonly ResourceTypePolicy[];
}

/** Bytes of a resource (`policies.md` §10). */
export function encodeResource(resource: Resource): Uint8Array {
  const writer = new CborWriter().map(2).uint(1).text(resource.name).uint(2);
  writeResourceType(writer, resource.type);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodeResource(bytes: Uint8Array): Resource {
  const reader = new CborReader(bytes);
  const fields = readFields(reader, { 1: () => reader.text(), 2: () => readResourceType(reader) });
  return { name: need(fields[1], 'name'), type: need(fields[2], 'type') };
}

/** Bytes of a resource policy (`policies.md` §10). */
export function encodeResourcePolicy(policy: ResourcePolicy): Uint8Array {
  const writer = new CborWriter();
  writeResourcePolicy(writer, policy);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodeResourcePolicy(bytes: Uint8Array): ResourcePolicy {
  return readResourcePolicy(new CborReader(bytes));
}

/** Bytes of a resource type policy (`policies.md` §10). */
export function encodeResourceTypePolicy(policy: ResourceTypePolicy): Uint8Array {
  const writer = new CborWriter();
  writeResourceTypePolicy(writer, policy);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodeResourceTypePolicy(bytes: Uint8Array): ResourceTypePolicy {
  return readResourceTypePolicy(new CborReader(bytes));
}

/** Bytes of what a policy is attached to (`policies.md` §10); also the body of a request for one policy. */
export function encodeResourceTypeOrName(resource: ResourceTypeOrName): Uint8Array {
  const writer = new CborWriter();
  writeResourceTypeOrName(writer, resource);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodeResourceTypeOrName(bytes: Uint8Array): ResourceTypeOrName {
  return readResourceTypeOrName(new CborReader(bytes));
}

/** Bytes of a request to attach an expression (`policies.md` §10). */
export function encodeSetPolicyRequest(request: SetPolicyRequest): Uint8Array {
  const writer = new CborWriter().map(2).uint(1);
  writeResourceTypeOrName(writer, request.resource);
  writer.uint(2);
  writePolicyExpression(writer, request.expression);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodeSetPolicyRequest(bytes: Uint8Array): SetPolicyRequest {
  const reader = new CborReader(bytes);
  const fields = readFields(reader, {
    1: () => readResourceTypeOrName(reader),
    2: () => readPolicyExpression(reader),
  });
  return { resource: need(fields[1], 'resource'), expression: need(fields[2], 'expression') };
}

/** Bytes of the policies of a node (`policies.md` §10). */
export function encodePoliciesList(list: PoliciesList): Uint8Array {
  const writer = new CborWriter().map(2).uint(1).array(list.resourcePolicies.length);
  for (const policy of list.resourcePolicies) writeResourcePolicy(writer, policy);
  writer.uint(2).array(list.resourceTypePolicies.length);
  for (const policy of list.resourceTypePolicies) writeResourceTypePolicy(writer, policy);
  return writer.finish();
}

/** @throws {CborError | PolicyError} */
export function decodePoliciesList(bytes: Uint8Array): PoliciesList {
  const reader = new CborReader(bytes);
  const fields = readFields(reader, {
    1: () => reader.list(() => readResourcePolicy(reader), MAX_POLICIES),
    2: () => reader.list(() => readResourceTypePolicy(reader), MAX_POLICIES),
  });
  return {
    resourcePolicies: need(fields[1], 'resource policies'),
    resourceTypePolicies: need(fields[2], 'resource type policies'),
  };
}

function writeResourcePolicy(writer: CborWriter, policy: ResourcePolicy): void {
  writer.map(3).uint(1).text(policy.name).uint(2).uint(HANDLE_MESSAGE_NUMBER).uint(3);
  writeExpr(writer, policy.expression);
}

function readResourcePolicy(reader: CborReader): ResourcePolicy {
  const fields = readFields(reader, {
    1: () => reader.text(),
    2: () => readAction(reader),
    3: () => readExpr(reader),
  });
  need(fields[2], 'action');
  return { name: need(fields[1], 'name'), expression: need(fields[3], 'expression') };
}

function writeResourceTypePolicy(writer: CborWriter, policy: ResourceTypePolicy): void {
  writer.map(3).uint(1);
  writeResourceType(writer, policy.type);
  writer.uint(2).uint(HANDLE_MESSAGE_NUMBER).uint(3);
  writeExpr(writer, policy.expression);
}

function readResourceTypePolicy(reader: CborReader): ResourceTypePolicy {
  const fields = readFields(reader, {
    1: () => readResourceType(reader),
    2: () => readAction(reader),
    3: () => readExpr(reader),
  });
  need(fields[2], 'action');
  return { type: need(fields[1], 'type'), expression: need(fields[3], 'expression') };
}

/** The only field of both variants has index 1, so a null stands before it. */
function writeResourceTypeOrName(writer: CborWriter, resource: ResourceTypeOrName): void {
  writer.array(2);
  if ('type' in resource) {
    writer.uint(BY.type).array(2).null();
    writeResourceType(writer, resource.type);
  } else {
    writer.uint(BY.name).array(2).null().text(resource.name);
  }
}

function readResourceTypeOrName(reader: CborReader): ResourceTypeOrName {
  return readVariant(reader, 'resource', (variant, fields): ResourceTypeOrName | undefined => {
    if (variant !== BY.type && variant !== BY.name) return undefined;
    fields.optional(() => reader.skip());
    if (variant === BY.type) return { type: fields.required('type', () => readResourceType(reader)) };
    return { name: fields.required('name', () => reader.text()) };
  });
}

function writeResourceType(writer: CborWriter, type: ResourceType): void {
  writer.uint(RESOURCE_TYPES.indexOf(type) + 1);
}

function readResourceType(reader: CborReader): ResourceType {
  const number = reader.uint();
  const type = RESOURCE_TYPES[number - 1];
  if (type === undefined) throw new PolicyError('POLICY_MALFORMED', `${number} is no resource type`);
  return type;
}

function readAction(reader: CborReader): typeof HANDLE_MESSAGE_NUMBER {
  const number = reader.uint();
  if (number === HANDLE_MESSAGE_NUMBER) return number;
  throw new PolicyError('POLICY_MALFORMED', `${number} is no action`);
}

/** Reads a structure in map form: each field by the reader of its key, unknown keys are skipped. */
function readFields<T extends Readonly<Record<number, unknown>>>(
  reader: CborReader,
  readers: { readonly [K in keyof T]: () => T[K] },
): Partial<T> {
  const fields: Record<number, unknown> = {};
  const pairs = reader.map();
  while (pairs.more()) {
    const key = reader.uint();
    const read = readers[key];
    if (read === undefined) reader.skip();
    else fields[key] = read();
  }
  pairs.end();
  return fields as Partial<T>;
}

function need<T>(field: T | undefined, name: string): T {
  if (field !== undefined) return field;
  throw new PolicyError('POLICY_MALFORMED', `the field ${name} is missing`);
}
