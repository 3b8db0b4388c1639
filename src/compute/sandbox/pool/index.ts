/** The threads in which guests run, and the one that ends their slices. */
export type { GuestThread } from './guest-thread.ts';
export { ThreadPool } from './thread-pool.ts';
