/**
 * Policies of the resources of a node: outlets, inlets, `echo`, relays.
 *
 * Specification: `docs/protocol/policies.md` §2 · layer 5.
 * Read: policies.ts.
 * Invariants: a policy of a name counts before that of the type; a change counts at the next decision, in every process.
 * Tests: end to end in test/e2e/policy.test.ts.
 */
export { deletePolicy, listPolicies, policyFor, type PolicyRecord, replacePolicy, setPolicy } from './policies.ts';
