/** The sandbox itself, in threads of this process or in a process of its own, with real capabilities. */
import { randomUUID } from 'node:crypto';
import type { FunctionRequest } from '../../src/compute/abi/index.ts';
import {
  bindCapabilities,
  type CapabilityProviders,
  type Grants,
  memoryCache,
  parseCapabilities,
} from '../../src/compute/capability/index.ts';
import { Databases } from '../../src/compute/database/index.ts';
import { directDialer, EgressClient, systemResolver } from '../../src/compute/egress/index.ts';
import { type CallOptions, type CallResult, type FunctionSandbox, Sandbox } from '../../src/compute/sandbox/index.ts';
import { SandboxProcess } from '../../src/compute/sandbox/process/index.ts';
import { CodedError, utf8 } from '../../src/kernel/index.ts';
import { realClock } from '../support/guests.ts';
import type { Case, GrantsName, HostName, Outcome, Unit } from './case.ts';
import { type ConformanceHost, type HostedUnit, requestOf, type Seen } from './host.ts';
import { capabilitiesFor, FILES, SECRETS, type World } from './outside.ts';

/** The grants of that name, read as a Directive's. */
export function grantsFor(name: GrantsName, world: World): Grants {
  const parsed = parseCapabilities({ capabilities: capabilitiesFor(name, world) });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.grants;
}

/** Calls the sandbox as a Sat does. */
export async function sandboxHost(): Promise<ConformanceHost> {
  return hostOf('sandbox', await Sandbox.create({ clock: realClock, limits: { threads: 1 } }));
}

/** Calls a sandbox process as a Sat with `--isolation processes` does. */
export function processHost(): ConformanceHost {
  return hostOf('process', new SandboxProcess({ clock: realClock, limits: { threads: 1 } }));
}

function hostOf(name: HostName, sandbox: FunctionSandbox): ConformanceHost {
  const dialer = directDialer({ resolver: systemResolver() });
  const egress = new EgressClient({ clock: realClock, dialer });
  const databases = new Databases({ clock: realClock, dialer });
  const providers: CapabilityProviders = {
    egress,
    cache: memoryCache(realClock),
    files: { read: (_application, name) => Promise.resolve(FILES[name] === undefined ? undefined : utf8(FILES[name])) },
    secrets: { get: (_application, name) => Promise.resolve(SECRETS.get(name)) },
    database: databases,
  };
  return {
    name,
    nil: 'nil',
    open: async (unit, bytes, world) => {
      const module = await sandbox.load(bytes);
      const lines: string[] = [];
      const call = async (given: Case, index: number): Promise<Seen> => {
        const capabilities = bindCapabilities(
          grantsFor(unit.grants, world),
          { ...providers, log: ({ level, message }) => lines.push(`${level}: ${message}`) },
          { application: 'com.example.test', functionName: unit.name, clock: realClock },
        );
        return seenOf(await sandbox.call(module, { ...inputOf(unit, given, index), capabilities }));
      };
      const hosted: HostedUnit = {
        call,
        logs: () => lines,
        close: () => Promise.resolve(sandbox.unload(module)),
      };
      return hosted;
    },
    refuse: async ({ module }) => {
      try {
        sandbox.unload(await sandbox.load(module()));
      } catch (error) {
        if (error instanceof CodedError) return error.code;
        throw error;
      }
      return 'accepted';
    },
    close: async () => {
      await sandbox.close(0);
      await databases.close();
      await egress[Symbol.asyncDispose]();
    },
  };
}

function inputOf(unit: Unit, given: Case, index: number): Pick<CallOptions, 'request' | 'input'> {
  if (given.input !== undefined) return { input: utf8(given.input) };
  const { method, path, headers, body } = requestOf(unit, given, index);
  const request: FunctionRequest = {
    method,
    url: path,
    id: randomUUID(),
    body,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    params: new Map(given.request?.param === undefined ? [] : [['p', given.request.param]]),
    state: new Map(given.request?.seeded === true ? [['seed', utf8('sown')]] : []),
    responseHeaders: new Map(),
  };
  return { request };
}

function seenOf(result: CallResult): Seen {
  const headers = new Map<string, string>();
  if (result.kind === 'output') {
    for (const [name, value] of result.responseHeaders) headers.set(name.toLowerCase(), value);
  }
  return { outcome: outcomeOf(result), headers };
}

function outcomeOf(result: CallResult): Outcome {
  switch (result.kind) {
    case 'output':
      return { output: result.output };
    case 'guest-error':
      return { error: [result.code, result.message] };
    default:
      return { failure: result.code };
  }
}
