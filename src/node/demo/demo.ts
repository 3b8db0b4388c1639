import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { delay, utf8 } from '../../kernel/index.ts';
import { parseTicket } from '../../project/enrollment/index.ts';
import { NodeError } from '../errors.ts';
import type { RecentRequest } from '../gateway/index.ts';
import { type Home, KEYLESS, type NamedIdentity, openHomeAt, type ProjectRecord } from '../home/index.ts';
import { createIdentity } from '../identity/index.ts';
import { askNode, createProject, type Starter, startNode, stopNode, stopProject } from '../nodes/index.ts';
import { recordGateway, recordSat } from '../members/index.ts';
import { createTicket, enrollWithTicket } from '../project/index.ts';
import { systemClock } from '../system/index.ts';

/** The sample application; three folders up from `src/node/demo` as from `dist/node/demo`. */
export const DEMO_BUNDLE: string = fileURLToPath(new URL('../../../examples/demo/modules.wasm.zip', import.meta.url));
/** What the sample function `locked` compares with. */
export const DEMO_SECRET = 'open-sesame';

const GATEWAY = 'gateway';
/** How long the Sats may take to join, milliseconds; and how often it is looked at. */
const JOIN_MS = 30_000;
const LOOK_MS = 50;
const TICKET_SECONDS = 600;

/** A demonstration to start. */
export interface DemoOptions {
  readonly sats: number;
  /** 0 for a free one. */
  readonly httpPort: number;
  readonly starter: Omit<Starter, 'tied'>;
  /** Told what is being done. */
  readonly onProgress: (message: string) => void;
}

/** A running demonstration. */
export interface Demo {
  readonly url: string;
  readonly home: Home;
  /** What runs where. */
  readonly parts: readonly {
    readonly name: string;
    readonly pid: number | undefined;
    readonly identifier: string | undefined;
    readonly role: string;
  }[];
  /** Requests that the gateway answered after the one of the given number. */
  readonly requestsAfter: (number: number) => Promise<readonly RecentRequest[]>;
  /** Names of the Sats by their identifiers. */
  readonly satNames: ReadonlyMap<string, string>;
  /** Identifiers of the Sats that the gateway has now, and that have the functions. */
  readonly satsThere: () => Promise<readonly string[]>;
  /** Ends every process and deletes every file. */
  readonly close: () => Promise<void>;
}

/**
 * Starts it; resolves when every Sat can run every function.
 * @throws {NodeError} NODE_START_FAILED; the reason of the signal. Then nothing is left.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const bundle = await readFile(DEMO_BUNDLE);
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-demo-'));
  const home = openHomeAt(directory);
  try {
    return await assemble(home, new Uint8Array(bundle), options);
  } catch (error) {
    await dismantle(home);
    throw error;
  }
}

async function assemble(
  home: Home,
  bundle: Uint8Array,
  { sats, httpPort, starter: given, onProgress }: DemoOptions,
): Promise<Demo> {
  const starter: Starter = {
    ...given,
    environment: { ...given.environment, ...KEYLESS, DEMO_KEY: DEMO_SECRET },
    tied: true,
  };
  const { signal } = starter;
  const names = Array.from({ length: sats }, (_, i) => `sat-${i + 1}`);

  onProgress('Starting the project: an authority and a relay');
  const admin = await createIdentity(home, 'admin');
  const listening = { nodeAt: '127.0.0.1:0', authorityAt: '127.0.0.1:0', space: 'demo', admins: [admin.identifier] };
  const project = await createProject(home, { name: 'demo', ...listening }, starter);

  onProgress(`Inviting a gateway and ${sats} Sat(s) with tickets`);
  const invite = (name: string, attributes: Record<string, string>): Promise<NamedIdentity> =>
    becomeMember(home, { name, attributes, project, admin, signal });
  const [gatewayIdentity, ...satIdentities] = await Promise.all([
    invite(GATEWAY, { 'perigee-gateway': GATEWAY, 'ockam-relay': GATEWAY }),
    ...names.map((name) => invite(name, { 'perigee-sat': GATEWAY })),
  ]);

  onProgress('Starting the gateway');
  const configuration = { http: `127.0.0.1:${httpPort}`, secretEnv: ['DEMO_KEY'], env: [] };
  await recordGateway(home, { name: GATEWAY, identity: gatewayIdentity, project, configuration }, bundle);
  await startNode(home, GATEWAY, starter);

  onProgress(`Starting ${sats} Sat(s)`);
  for (const identity of satIdentities) {
    await recordSat(
      home,
      { name: identity.name, identity, project, configuration: { labels: [], workers: 1 } },
      GATEWAY,
    );
  }
  await Promise.all(names.map((name) => startNode(home, name, starter)));

  onProgress('Waiting until every Sat has the functions');
  const url = await untilJoined(home, sats, signal);
  return {
    url,
    home,
    parts: partsOf(home, project),
    satNames: new Map(satIdentities.map(({ identifier, name }) => [identifier, name])),
    satsThere: async () => {
      const view = (await askNode(home, home.nodes.get(GATEWAY), { method: 'GET', path: '/status' })) as GatewayView;
      return view.gateway.sats.filter(isReady).map(({ identifier }) => identifier);
    },
    requestsAfter: async (number) =>
      (await askNode(home, home.nodes.get(GATEWAY), {
        method: 'POST',
        path: '/requests',
        body: utf8(String(number)),
      })) as readonly RecentRequest[],
    close: () => dismantle(home),
  };
}

/** An identity that enrolls by a ticket of its own, as on another machine. */
async function becomeMember(
  home: Home,
  {
    name,
    attributes,
    project,
    admin,
    signal,
  }: {
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly project: ProjectRecord;
    readonly admin: NamedIdentity;
    readonly signal: AbortSignal;
  },
): Promise<NamedIdentity> {
  const terms = { attributes: new Map(Object.entries(attributes)), ttlSeconds: TICKET_SECONDS, uses: 1 };
  const ticket = await createTicket(home, { project, identity: admin.identifier, terms, signal });
  const identity = await createIdentity(home, name);
  await enrollWithTicket(home, { identity, ticket: parseTicket(ticket), timeoutMs: JOIN_MS, signal });
  return identity;
}

interface SatView {
  readonly identifier: string;
  readonly functions: readonly string[];
}

function isReady({ functions }: SatView): boolean {
  return functions.length > 0;
}

interface GatewayView {
  readonly url: string;
  readonly gateway: { readonly sats: readonly SatView[] };
}

/** Resolves to the gateway's address. @throws {NodeError} NODE_START_FAILED */
async function untilJoined(home: Home, sats: number, signal: AbortSignal): Promise<string> {
  const gateway = home.nodes.get(GATEWAY);
  const alive = setInterval(() => undefined, JOIN_MS);
  try {
    for (let waitedMs = 0; waitedMs < JOIN_MS; waitedMs += LOOK_MS) {
      const view = (await askNode(home, gateway, { method: 'GET', path: '/status' })) as GatewayView;
      if (view.gateway.sats.filter(isReady).length === sats) return view.url;
      await delay(systemClock, LOOK_MS, signal);
    }
  } finally {
    clearInterval(alive);
  }
  throw new NodeError('NODE_START_FAILED', `the Sats did not join within ${JOIN_MS / 1000} s`);
}

function partsOf(home: Home, { id }: ProjectRecord): Demo['parts'] {
  const project = home.projects.byId(id);
  const nodes = home.nodes.list().map(({ name, kind, process, identity }) => ({
    name,
    role: kind === 'gateway' ? 'takes HTTP requests' : 'runs functions, only dials out',
    pid: process?.pid,
    identifier: home.identities.get(identity)?.identifier,
  }));
  return [
    { name: 'project', role: 'authority and relay', pid: project?.process?.pid, identifier: undefined },
    ...nodes,
  ];
}

async function dismantle(home: Home): Promise<void> {
  const force = (): void => undefined;
  await Promise.all(home.nodes.list().map((node) => stopNode(home, node, force)));
  await Promise.all(home.projects.list().map((project) => stopProject(home, project, force)));
  home.close();
  rmSync(home.directory, { recursive: true, force: true });
}
