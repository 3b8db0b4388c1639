import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a gateway starts with. */
export interface GatewayConfiguration {
  /** Id of the project. */
  readonly project: string;
  /** `host:port` for HTTP. */
  readonly http: string;
  /** `host:port` for Sats that dial the gateway directly. */
  readonly listenAt?: string | undefined;
  /** A further condition on Sats. */
  readonly allow?: string | undefined;
  readonly compat?: 'suborbital' | undefined;
  /** Environment variables that functions may read as secrets, and that the Directive may name as `env(NAME)`. */
  readonly secretEnv: readonly string[];
  readonly env: readonly string[];
  /** `host:port` where metrics are scraped. */
  readonly metrics?: string | undefined;
}

/** The bundle that the gateway in `directory` serves. */
export function bundleFile(directory: string): string {
  return path.join(directory, 'bundle.wasm.zip');
}

/** Keeps a bundle, whole or not at all. */
export function saveBundle(directory: string, bytes: Uint8Array): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = bundleFile(directory);
  writeFileSync(`${file}.part`, bytes, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
