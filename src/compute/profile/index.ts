/**
 * CPU profiles of functions on demand, in the form that the developer tools of browsers open.
 *
 * Specification: `docs/observability.md` §5 · layer 2.
 * Read: thread-profiler.ts (gets them from the engine), cpu-profile.ts (puts them together), guest-reader.ts (what is whose).
 * Invariants: no port is opened and nothing is put into the threads; what a guest does cannot make a profile larger than its
 * bounds; a profile of one function tells nothing of others, nor paths of the host.
 * Tests: beside the files; with real guests in ../sandbox/profile.test.ts.
 */
export {
  type CallFrame,
  type CpuProfile,
  type FrameReader,
  ProfileCollector,
  type ProfileNode,
} from './cpu-profile.ts';
export { ProfileError } from './errors.ts';
export { guestReader } from './guest-reader.ts';
export { type ProfiledThread, profileThreads, type ThreadProfilerOptions } from './thread-profiler.ts';
