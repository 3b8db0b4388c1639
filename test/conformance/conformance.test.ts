/**
 * One table of guests and outcomes, run by every way to host a function: the sandbox in this process and in one of its own,
 * `perigee sat run` over HTTP, and a gateway with a Sat (`runnable-abi.md`).
 */
import { constellationHost } from './constellation-host.ts';
import { runTable } from './run-table.ts';
import { processHost, sandboxHost } from './sandbox-host.ts';
import { satRunHost } from './sat-run-host.ts';

runTable('the sandbox', sandboxHost);
runTable('a sandbox process', () => Promise.resolve(processHost()));
runTable('a gateway and a Sat', constellationHost);
runTable('perigee sat run', () => Promise.resolve(satRunHost()), true);
