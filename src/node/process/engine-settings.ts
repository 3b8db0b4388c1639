import { createRequire } from 'node:module';

/** What a process of ours that stays is started with (`hardening.md` §5.1). */
export interface EngineSettings {
  /** Of Node, before the script. */
  readonly flags: readonly string[];
  /** Variables, for those that are not set. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Those that `bin/perigee` starts itself with. */
export function engineSettings(): EngineSettings {
  // Three folders up from src/node/process as from dist/node/process.
  const engine = createRequire(import.meta.url)('../../../bin/engine.js') as { engineSettings: () => EngineSettings };
  return engine.engineSettings();
}
