/**
 * Nodes and service processes seen from a command: started in the background, stopped, deleted, asked.
 *
 * Specification: `docs/commands.md` §7 · layer 5.
 * Read: lifecycle.ts, projects.ts, reset.ts.
 * Invariants: light, since many commands load it; a command returns when the process is ready or has said why not; a process that is gone counts as stopped.
 * Tests: end to end in test/e2e/.
 */
export { askNode, deleteNode, isStarting, recordNode, type Starter, startNode, stopNode } from './lifecycle.ts';
export {
  createProject,
  deleteProject,
  type NewProjectTerms,
  type RecordedProject,
  recordProject,
  setIdentityProvider,
  startProject,
  stopProject,
} from './projects.ts';
export { deleteState, resetHome } from './reset.ts';
export { replaceNodes } from './replace-nodes.ts';
