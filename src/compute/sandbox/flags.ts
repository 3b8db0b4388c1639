/** The engine flags without which a guest cannot be stopped for certain (`docs/sandbox.md` §5). */
import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { quoted } from '../../kernel/index.ts';
import { SandboxError } from './errors.ts';

/**
 * Flags of the whole process. With dynamic tiering a loop of bulk memory instructions polls for interrupts only once in a
 * while, and ending its thread can take longer than anyone waits. The table limit is a second fence behind the rewriter.
 */
export const sandboxFlags: readonly string[] = ['--no-wasm-dynamic-tiering', '--wasm-max-table-size=65536'];

/** Set once: the probe below must not weaken a sandbox that is running already. */
let taken = false;

/** Flag, and another value of it to compare with. */
const OPPOSITES: Readonly<Record<string, string>> = {
  '--no-wasm-dynamic-tiering': '--wasm-dynamic-tiering',
  '--wasm-max-table-size=65536': '--wasm-max-table-size=65535',
};

/**
 * Sets {@link sandboxFlags} for this process; they count for all modules compiled afterwards. Call it before anything else
 * compiles WebAssembly, or start Node with these flags; `Sandbox.create` calls it too.
 *
 * The engine does not tell its flags, but the tag of its code cache depends on them: a flag whose opposite changes nothing
 * was not understood.
 * @throws {SandboxError} SANDBOX_FLAGS when the engine ignores one.
 */
export function ensureSandboxFlags(): void {
  if (taken) return;
  for (const flag of sandboxFlags) {
    const opposite = OPPOSITES[flag];
    if (opposite === undefined) continue;
    setFlagsFromString(opposite);
    const without = cachedDataVersionTag();
    setFlagsFromString(flag);
    if (cachedDataVersionTag() === without) {
      throw new SandboxError('SANDBOX_FLAGS', `the engine did not take the flag ${quoted(flag)}`, {
        remedy: 'use the Node version that the package installs',
      });
    }
  }
  taken = true;
}
