import type { PolicyRecord } from '../../../node/policies/index.ts';
import {
  HANDLE_MESSAGE,
  isResourceType,
  parsePolicy,
  printExpr,
  toFullExpression,
} from '../../../trust/policy/index.ts';

/** What a policy is for: a word that is a type stands for the type, any other one for a name. */
export function scopeOf(resource: string): Pick<PolicyRecord, 'scope' | 'resource'> {
  return { scope: isResourceType(resource) ? 'type' : 'name', resource };
}

/** The expression in full form, whichever way it was written. */
export function expressionOf({ expression }: Pick<PolicyRecord, 'expression'>): string {
  return printExpr(toFullExpression(parsePolicy(expression)));
}

/** A policy in JSON (`commands.md` §8.8). */
export function policyJson(policy: PolicyRecord): unknown {
  return { action: HANDLE_MESSAGE, expression: expressionOf(policy), resource: policy.resource };
}

/** `resource type tcp-outlet` or `resource db`. */
export function described({ scope, resource }: Pick<PolicyRecord, 'scope' | 'resource'>): string {
  return scope === 'type' ? `resource type ${resource}` : `resource ${resource}`;
}
