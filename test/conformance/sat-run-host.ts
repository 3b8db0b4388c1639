/** `perigee sat run`: a process of its own for each module, called over HTTP. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createPlace } from '../e2e/world.ts';
import type { Refusal } from './case.ts';
import type { ConformanceHost, HostedUnit } from './host.ts';
import { callOverHttp } from './http-outcome.ts';
import { capabilitiesFor, FILES, SECRETS } from './outside.ts';

/** A guest's line on standard error. */
const LINE = /^\s*(error|warn|info|debug) ([a-z0-9-]+): (.*)$/gm;

/** Starts a process for each unit. */
export function satRunHost(): ConformanceHost {
  const place = createPlace();
  const files = path.join(place.directory, 'files');
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(files, name)), { recursive: true });
    writeFileSync(path.join(files, name), content);
  }
  const write = (name: string, content: Uint8Array | string): string => {
    const file = path.join(place.directory, name);
    writeFileSync(file, content);
    return file;
  };
  return {
    name: 'sat run',
    nil: 'nil',
    open: async (unit, bytes, world) => {
      const server = place.start([
        'sat',
        'run',
        '--workers',
        '1',
        write(`${unit.name}.wasm`, bytes),
        '--static',
        files,
        '--capabilities',
        write(`${unit.name}.json`, JSON.stringify(capabilitiesFor(unit.grants, world))),
        ...[...SECRETS].flatMap(([name, value]) => ['--secret', `${name}=${value}`]),
      ]);
      let log = '';
      server.child.stderr?.on('data', (text: string) => (log += text));
      const line = await server.line();
      if (line === undefined) throw new Error((await server.ended).stderr);
      const { listening } = JSON.parse(line) as { listening: string };
      const hosted: HostedUnit = {
        call: (given, index) => callOverHttp(listening, unit, given, index),
        logs: () =>
          [...log.matchAll(LINE)]
            .filter((match) => match[2] === unit.name)
            .map(([, level, , text]) => `${level}: ${text}`),
        close: async () => {
          server.child.kill('SIGTERM');
          const { code, stderr } = await server.ended;
          if (code !== 0) throw new Error(`sat run ended with ${code}: ${stderr}`);
        },
      };
      return hosted;
    },
    refuse: async ({ title, module }: Refusal) => {
      const file = write(`${title.replaceAll(/[^a-z]/g, '-')}.wasm`, module());
      const { code, stderr } = await place.run(['sat', 'run', '--workers', '1', file]);
      if (code === 0) return 'accepted';
      return /^\s*code: (\w+)$/m.exec(stderr)?.[1] ?? stderr;
    },
    close: place.close,
  };
}
