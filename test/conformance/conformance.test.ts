/**
 * One table of guests and outcomes, run by every way to host a function: the sandbox in this process and in one of its own,
 * `perigee sat run` over HTTP, and a gateway with a Sat (`runnable-abi.md`).
 */
import { after } from 'node:test';
import { constellationHost } from './constellation-host.ts';
import { openDatabases } from './database.ts';
import { runTable } from './run-table.ts';
import { processHost, sandboxHost } from './sandbox-host.ts';
import { satRunHost } from './sat-run-host.ts';

const databases = await openDatabases();
after(() => databases?.close());

runTable('the sandbox', sandboxHost, databases);
runTable('a sandbox process', () => Promise.resolve(processHost()), databases);
runTable('a gateway and a Sat', constellationHost, databases);
runTable('perigee sat run', () => Promise.resolve(satRunHost()), databases, true);
