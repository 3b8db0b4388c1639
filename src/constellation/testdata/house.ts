/** A gateway and Sats in one process, joined by memory links. */
import { randomBytes } from 'node:crypto';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Clock } from '../../kernel/index.ts';
import type { Bundle } from '../../compute/bundle/index.ts';
import { Gateway, type GatewayEvent, type GatewayOptions } from '../gateway/index.ts';
import { MemoryModuleCache, Sat, type SatEvent, type SatOptions } from '../sat/index.ts';
import { linkPair, type MemoryLink, memoryPeer, type MemoryPeer } from './memory-link.ts';
import { ScriptedSandbox } from './scripted-sandbox.ts';

/** A Sat of a {@link House}. */
export interface TestSat {
  readonly sat: Sat;
  readonly peer: MemoryPeer;
  readonly sandbox: ScriptedSandbox;
  readonly events: SatEvent[];
  /** Of every link so far, the Sat's end and the gateway's. */
  readonly links: { readonly sat: MemoryLink; readonly gateway: MemoryLink }[];
  /** While set, dialling fails. */
  unreachable: boolean;
}

/** Answer of the gateway to a test's request. */
export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class House<C extends Clock = VirtualClock> implements AsyncDisposable {
  readonly clock: C;
  readonly gateway: Gateway;
  readonly events: GatewayEvent[] = [];
  readonly gatewayPeer: MemoryPeer = memoryPeer('Igateway', { 'perigee-gateway': 'main' });
  readonly sats: TestSat[] = [];
  #url = '';

  private constructor(clock: C, options: Partial<GatewayOptions>) {
    this.clock = clock;
    this.gateway = new Gateway({ name: 'main', clock, onEvent: (event) => this.events.push(event), ...options });
  }

  static async create<C extends Clock = VirtualClock>(
    bundle: Bundle | undefined,
    options: Partial<GatewayOptions> = {},
    clock: C = new VirtualClock() as Clock as C,
  ): Promise<House<C>> {
    const house = new House(clock, options);
    if (bundle !== undefined) await house.gateway.deploy(bundle);
    const { host, port } = await house.gateway.listen(0);
    house.#url = `http://${host}:${port}`;
    return house;
  }

  /** Adds a Sat and waits until it has joined and is ready, or was refused. */
  async addSat(
    name: string,
    options: Partial<SatOptions> = {},
    peer: MemoryPeer = memoryPeer(`I${name}`, { 'perigee-sat': 'main' }),
  ): Promise<TestSat> {
    const sandbox = new ScriptedSandbox();
    const events: SatEvent[] = [];
    const links: TestSat['links'] = [];
    const test: Omit<TestSat, 'sat'> & { sat?: Sat } = { peer, sandbox, events, links, unreachable: false };
    test.sat = new Sat({
      clock: this.clock,
      random: (length) => new Uint8Array(randomBytes(length)),
      gateway: 'main',
      modules: new MemoryModuleCache(),
      sandbox,
      onEvent: (event) => events.push(event),
      dial: () => {
        if (test.unreachable) return Promise.reject(new Error('no way to the gateway'));
        const pair = linkPair(peer, this.gatewayPeer);
        links.push(pair);
        this.gateway.acceptLink(pair.gateway);
        return Promise.resolve(pair.sat);
      },
      ...options,
    });
    const sat = test as TestSat;
    this.sats.push(sat);
    const setback = (): boolean => events.some(({ kind }) => kind.endsWith('refused') || kind.endsWith('failed') || kind === 'left');
    const ready = (): boolean =>
      this.events.some((event) => event.kind === 'sat-ready' && event.sat === peer.identifier) ||
      (this.gateway.status.application === undefined && events.length > 0);
    await this.until(() => setback() || ready());
    return sat;
  }

  /** Lets things happen until `condition` holds; fails when it never does. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2000; turn++) {
      if (condition()) return;
      // What real threads do takes time, however many turns pass here.
      await (this.clock instanceof VirtualClock ? settle() : new Promise((resolve) => setTimeout(resolve, 5)));
    }
    throw new Error('this never happens');
  }

  /** One request over HTTP. */
  async fetch(path: string, options: RequestInit = {}): Promise<TestReply> {
    const response = await fetch(this.#url + path, { redirect: 'manual', ...options });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  get url(): string {
    return this.#url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.all([...this.sats.map(({ sat }) => sat.close(0)), this.gateway.close(0)]);
    if (this.clock instanceof VirtualClock) await this.clock.advance(1);
    await closed;
  }
}
