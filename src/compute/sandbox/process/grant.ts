import { sessionOf, WasiError, type WasiGrant } from '../../wasi/host/index.ts';

/**
 * Examines what is to be granted to calls in a sandbox process.
 * @throws {WasiError} WASI_BAD_GRANT; WASI_UNSUPPORTED for directories, which the process could not open.
 */
export function checkProcessGrant(grant: WasiGrant): void {
  sessionOf(grant);
  if ((grant.directories ?? []).length > 0) {
    throw new WasiError('WASI_UNSUPPORTED', 'a sandbox process has no files, so it cannot be granted directories', {
      remedy: 'run the function in threads',
    });
  }
}
