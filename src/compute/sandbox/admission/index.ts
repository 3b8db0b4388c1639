/** Which call may start now, and which waits or is refused: one line a function, fair among callers, bounded by memory. */
export { Door } from './admission.ts';
export { Callers, NOBODY } from './callers.ts';
export { Lines } from './lines.ts';
export { type ResidentMemory, residentMemory } from './resident-memory.ts';
