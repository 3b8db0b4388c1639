import { readFileSync } from 'node:fs';

/** What a process of ours that stays is started with, so that it takes less memory (`hardening.md` §5). */
export interface EngineSettings {
  /** Of Node, before the script. */
  readonly flags: readonly string[];
  /** Variables, for those that are not set. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Those that `bin/perigee` starts itself with. */
export function engineSettings(): EngineSettings {
  // Three folders up from src/node/process as from dist/node/process.
  return JSON.parse(readFileSync(new URL('../../../bin/engine.json', import.meta.url), 'utf8')) as EngineSettings;
}
