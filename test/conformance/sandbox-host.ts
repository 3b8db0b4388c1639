/** The sandbox itself, in this process, with real capabilities. */
import { randomUUID } from 'node:crypto';
import type { FunctionRequest } from '../../src/compute/abi/index.ts';
import {
  bindCapabilities,
  type CapabilityProviders,
  type Grants,
  memoryCache,
  parseCapabilities,
} from '../../src/compute/capability/index.ts';
import { directDialer, EgressClient, systemResolver } from '../../src/compute/egress/index.ts';
import { type CallOptions, type CallResult, Sandbox } from '../../src/compute/sandbox/index.ts';
import { CodedError, utf8 } from '../../src/kernel/index.ts';
import { realClock } from '../support/guests.ts';
import type { Case, GrantsName, Outcome, Unit } from './case.ts';
import { type ConformanceHost, type HostedUnit, requestOf, type Seen } from './host.ts';
import { capabilitiesFor, database, FILES, SECRETS, type World } from './outside.ts';

/** The grants of that name, read as a Directive's. */
export function grantsFor(name: GrantsName, world: World): Grants {
  const parsed = parseCapabilities({ capabilities: capabilitiesFor(name, world) });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.grants;
}

/** Calls the sandbox as a Sat does. */
export async function sandboxHost(): Promise<ConformanceHost> {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  const egress = new EgressClient({ clock: realClock, dialer: directDialer({ resolver: systemResolver() }) });
  const providers: CapabilityProviders = {
    egress,
    cache: memoryCache(realClock),
    files: { read: (_application, name) => Promise.resolve(FILES[name] === undefined ? undefined : utf8(FILES[name])) },
    secrets: { get: (_application, name) => Promise.resolve(SECRETS.get(name)) },
    database,
  };
  return {
    name: 'sandbox',
    nil: 'nil',
    open: (unit, bytes, world) => {
      const module = sandbox.load(bytes);
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
      return Promise.resolve(hosted);
    },
    refuse: ({ module }) => {
      try {
        sandbox.unload(sandbox.load(module()));
      } catch (error) {
        if (error instanceof CodedError) return Promise.resolve(error.code);
        throw error;
      }
      return Promise.resolve('accepted');
    },
    close: async () => {
      await sandbox.close(0);
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
