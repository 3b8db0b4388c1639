/**
 * Project descriptions: Directive.yaml and tenant.json become one frozen model, or a list of findings with positions.
 *
 * Specification: docs/protocol/directive.md. Layer 2, no input or output, no clock.
 * Read: model.ts, read.ts, read-steps.ts, route-table.ts; below them yaml-tree.ts (bounds) and fields.ts (types).
 * Invariants: a model exists only when no finding is an error; a text of any content costs bounded time and memory;
 * routes that could both match a path never stand in one table.
 * Golden pairs: testdata/*.yaml with *.err; the oracle of the route table is in route-table.test.ts.
 */
export { DirectiveError, type Position, type Problem, type ProblemCode, placeOf, printProblem } from './errors.ts';
export {
  DEFAULT_NAMESPACE,
  type FunctionName,
  type FunctionReference,
  parseFunctionPath,
  parseFunctionReference,
  printFunctionName,
  printFunctionPath,
  refersTo,
} from './function-name.ts';
export type {
  Alias,
  Connections,
  Directive,
  ErrorAction,
  FunctionCall,
  FunctionEntry,
  Handler,
  OnErr,
  Query,
  RequestHandler,
  Schedule,
  Sequence,
  Step,
  StreamHandler,
  Workflow,
} from './model.ts';
export {
  type FullModuleName,
  type ModuleName,
  parseModuleName,
  printModuleName,
  printModulePath,
  refersToModule,
} from './module-name.ts';
export { type Checked, checkDirective, checkQueries, readDirective, type ReadOptions } from './read.ts';
export { readRunnableFile, type RunnableFile } from './read-functions.ts';
export type { FunctionLimits } from './read-limits.ts';
export { HEALTH_PATH, type RouteDecision, RouteTable } from './route-table.ts';
export {
  type Capabilities,
  checkCapabilityFile,
  checkCeilingFile,
  type CheckedCapabilities,
} from './section.ts';
export { checkTenant, readTenant, type TenantOptions } from './tenant.ts';
export { parseVersion, type Rules, rulesOf, type VersionNumbers } from './version.ts';
export { embedFunctions, type Embedded } from './write.ts';
