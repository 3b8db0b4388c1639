/**
 * Routes to the services of a project: the one part of enrollment that commands need which only look whether somebody is there.
 *
 * Specification: `docs/protocol/project.md` §5.1 · layer 3.
 * Read: service-route.ts.
 * Invariants: a route leads to a host and a port first; only names of local hops follow.
 * Tests: ../project.test.ts.
 */
export { EnrollmentError } from '../errors.ts';
export { parseServiceRoute, type ServiceRoute } from './service-route.ts';
