import { equals, type Expr, operation } from './expression.ts';

/** Specification constants: what kinds of resources there are, by their numbers from 1 on (`policies.md` §1). */
export const RESOURCE_TYPES = [
  'tcp-inlet',
  'tcp-outlet',
  'echoer',
  'kafka-consumer',
  'kafka-producer',
  'relay',
  'lessor',
] as const;

/** One of {@link RESOURCE_TYPES}. */
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** The only action there is, number 1. */
export const HANDLE_MESSAGE = 'handle_message';

/** Whether `name` is a resource type. */
export function isResourceType(name: string): name is ResourceType {
  return (RESOURCE_TYPES as readonly string[]).includes(name);
}

/** The policy of every resource type when a node starts: the subject has a valid credential (`policies.md` §2). */
export const DEFAULT_POLICY: Expr = equals('subject.has_credential', true);

/** The policy of an inlet towards a project: its node itself, or whoever has a valid credential (`policies.md` §2). */
export function projectPolicy(projectIdentifier: string): Expr {
  return operation('or', equals('subject.identifier', projectIdentifier), DEFAULT_POLICY);
}
