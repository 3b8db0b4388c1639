/**
 * Builds the sample application: `node examples/demo/build.ts`, from any folder.
 *
 * 1. The project's README becomes a static file of the application, which `render` serves as a page.
 * 2. The functions are compiled and packed into `modules.wasm.zip`, the one bundle that is kept in the repository, so that
 *    the demo runs without a compiler. A test rebuilds it and compares every byte: run this after changing a function, the
 *    guest library, the Directive or the README.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { buildApplication, printFinding } from '../../src/toolchain/index.ts';

const here = import.meta.dirname;
await mkdir(path.join(here, 'static'), { recursive: true });
await copyFile(path.join(here, '../../README.md'), path.join(here, 'static/README.md'));
const { file, digest, bundle, report } = await buildApplication(here);
for (const finding of report.findings) process.stderr.write(`${printFinding(finding)}\n`);
process.stdout.write(`${path.relative('.', file)}: ${bundle.length} bytes, sha256:${digest}\n`);
