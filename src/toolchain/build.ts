/** `app build`: a project folder → a bundle on the disk. */
import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { quoted } from '../kernel/index.ts';
import { type ApplicationReport, assemble, type AssembleOptions } from './application.ts';
import { ToolchainError } from './errors.ts';

/** The name of a bundle when nobody says otherwise. */
export const BUNDLE_FILE = 'modules.wasm.zip';

/** How an application is built. */
export interface BuildOptions extends AssembleOptions {
  /** Where the bundle goes; `modules.wasm.zip` in the project folder when absent. */
  readonly output?: string | undefined;
}

/** What was built. */
export interface BuildResult {
  /** Where the bundle is. */
  readonly file: string;
  /** The bundle. */
  readonly bundle: Uint8Array;
  /** Lower-case hex SHA-256 of the bundle. */
  readonly digest: string;
  /** Its findings are warnings. */
  readonly report: ApplicationReport;
}

/**
 * Compiles every function of the project in `directory`, checks everything, and writes the bundle. The same sources give the
 * same bytes, wherever and whenever they are built, as long as the compilers are the same. An older bundle stays as it is
 * until the new one is complete.
 * @throws {ToolchainError} any code; TOOLCHAIN_INVALID has all findings.
 */
export async function buildApplication(directory: string, options: BuildOptions = {}): Promise<BuildResult> {
  const { report, bundle } = await assemble(directory, options);
  if (bundle === undefined) throw ToolchainError.ofFindings(report.findings);
  const file = options.output ?? path.join(directory, BUNDLE_FILE);
  await replaceFile(file, bundle);
  return { file, bundle, digest: createHash('sha256').update(bundle).digest('hex'), report };
}

async function replaceFile(file: string, content: Uint8Array): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(draft, content, { flag: 'wx' });
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new ToolchainError('TOOLCHAIN_FILE', `${quoted(file)} cannot be written`, { cause });
  }
}
