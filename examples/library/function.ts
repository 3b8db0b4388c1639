import { readFile } from 'node:fs/promises';
import { bindCapabilities, NO_GRANTS } from 'perigee/capability';
import { systemClock as clock } from 'perigee/node';
import { Sandbox } from 'perigee/sandbox';

const file = new URL('../guests/echo-1-page.wasm', import.meta.url);
await using sandbox = await Sandbox.create({ clock, limits: { threads: 1 } });
const module = sandbox.load(await readFile(file));

// Granted nothing, the function can only turn its input into an output.
const capabilities = bindCapabilities(NO_GRANTS, {}, { application: 'com.example', functionName: 'echo', clock });
const limits = { deadlineMs: 1000, cpuMs: 200 };
const result = await sandbox.call(module, { input: Buffer.from('hello'), capabilities, limits });
if (result.kind === 'output') console.log(new TextDecoder().decode(result.output));
else console.error('no output:', result.code, result.message);
