/**
 * Policies over attributes: which messages a resource takes, decided on the node that owns it.
 *
 * Specification: `docs/protocol/policies.md` · layer 1, no input or output.
 * Read: expression.ts, parse.ts (boolean-parser.ts, full-parser.ts, tokens.ts), environment.ts, evaluate.ts (compare.ts), print.ts; encoding.ts,
 * resources.ts, structures.ts for the wire. Invariants: only the value true allows, any fault denies; depth, parts and text length are bounded.
 * Vectors: `policies.md` §11 and §12, read by the tests; a naive evaluator is the oracle in evaluate.test.ts.
 */
export {
  readBooleanExpr,
  readExpr,
  readPolicyExpression,
  writeBooleanExpr,
  writeExpr,
  writePolicyExpression,
} from './encoding.ts';
export { type AccessRequest, policyEnvironment } from './environment.ts';
export { PolicyError } from './errors.ts';
export { type Decision, decide, type Environment, evaluate, type Failure } from './evaluate.ts';
export {
  type BooleanExpr,
  type Expr,
  OPERATORS,
  type Operator,
  type PolicyExpression,
  toFullExpression,
} from './expression.ts';
export { parsePolicy } from './parse.ts';
export { printExpr, printPolicy } from './print.ts';
export {
  DEFAULT_POLICY,
  HANDLE_MESSAGE,
  isResourceType,
  projectPolicy,
  RESOURCE_TYPES,
  type ResourceType,
} from './resources.ts';
export {
  decodePoliciesList,
  decodeResource,
  decodeResourcePolicy,
  decodeResourceTypeOrName,
  decodeResourceTypePolicy,
  decodeSetPolicyRequest,
  encodePoliciesList,
  encodeResource,
  encodeResourcePolicy,
  encodeResourceTypeOrName,
  encodeResourceTypePolicy,
  encodeSetPolicyRequest,
  type PoliciesList,
  type Resource,
  type ResourcePolicy,
  type ResourceTypeOrName,
  type ResourceTypePolicy,
  type SetPolicyRequest,
} from './structures.ts';
