/** Where functions run (`docs/sandbox.md` §8). Layer 5. Read: isolation.ts. */
export { type Isolation, openSandbox } from './isolation.ts';
