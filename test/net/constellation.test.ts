/**
 * A constellation over four hosts, everything set up by the commands a user types on each of them.
 *
 * ```
 *   relay    203.0.113.10   project: authority :4001, relay service :4000
 *   gateway  203.0.113.11   gateway of the sample application, HTTP :8080
 *   site1    192.168.1.2    Sat, behind a router that translates and lets nothing in
 *   site2    192.168.2.2    Sat, the same
 * ```
 *
 * Shown: Sats in both sites answer; nothing of a request, a response or a module can be read on the relay's or a site's link.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEMO_BUNDLE, PERIGEE } from '../e2e/world.ts';
import { type Host, NetworkLab, whyNoLab } from '../support/network-lab.ts';

const skip = whyNoLab() ?? false;
/** Types a command line at a host; words are split at blanks. */
const perigee = (host: Host, line: string): string =>
  host.run(process.execPath, [PERIGEE, ...line.split(' ')], { timeoutMs: 120_000 }).trim();

/** A text that travels in requests and responses, and one that stands in every AssemblyScript module. */
const SECRET = 'a-sentence-that-nobody-on-the-way-may-read';

interface Reply {
  readonly status: number;
  readonly sat: string;
  readonly body: string;
}

/** One request to the gateway, made on its own host. */
function ask(gateway: Host, target: string): Reply {
  const text = gateway.run('curl', ['-s', '-i', '--max-time', '20', `http://127.0.0.1:8080${target}`]);
  const [head = '', ...body] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    sat: /^x-perigee-sat: (\S+)/im.exec(head)?.[1] ?? '',
    body: body.join('\r\n\r\n'),
  };
}

/** Asks until as many Sats have answered, a bounded number of times. */
function satsThatAnswer(gateway: Host, target: string, wanted: number): Set<string> {
  const sats = new Set<string>();
  for (let i = 0; i < 200 && sats.size < wanted; i++) {
    const { status, sat } = ask(gateway, target);
    if (status === 200) sats.add(sat);
  }
  return sats;
}

function contains(capture: Uint8Array, text: string): boolean {
  return Buffer.from(capture.buffer, capture.byteOffset, capture.byteLength).includes(text);
}

/** The project's host and the gateway's, enrolled by a ticket; the gateway is not created yet. */
function enrolledHosts(lab: NetworkLab): { relay: Host; gateway: Host; ticket: (options: string) => string } {
  const [relay, gateway] = [lab.host('relay'), lab.host('gateway')];
  const node = `--listener-address 0.0.0.0:4000 --public-address ${relay.address}:4000`;
  const authority = `--authority-listener-address 0.0.0.0:4001 --authority-public-address ${relay.address}:4001`;
  perigee(relay, `project create default net ${node} ${authority}`);
  const ticket = (options: string): string => perigee(relay, `project ticket ${options}`);
  perigee(gateway, `project enroll ${ticket('--gateway front')}`);
  return { relay, gateway, ticket };
}

function assertSealed(captures: readonly Uint8Array[]): void {
  captures.forEach((capture, i) => {
    for (const text of [SECRET, '\0asm', 'run_e']) {
      assert.equal(contains(capture, text), false, `capture ${i} shows ${JSON.stringify(text)}`);
    }
  });
}

suite('a constellation in network namespaces', { skip, timeout: 300_000 }, () => {
  test('Sats behind two routers answer through a relay that sees only ciphertext', async () => {
    using lab = new NetworkLab();
    const { relay, gateway, ticket } = enrolledHosts(lab);
    const sites = [lab.site('site1'), lab.site('site2')];
    perigee(gateway, `gateway create front --bundle ${DEMO_BUNDLE} --http 127.0.0.1:8080`);
    const recording = await Promise.all([relay, ...sites].map((host) => host.capture()));
    for (const site of sites) perigee(site, `sat join ${ticket('--sat front')}`);

    assert.equal(satsThatAnswer(gateway, `/greet/${SECRET}`, 2).size, 2, 'both Sats answer');
    assert.match(ask(gateway, `/greet/${SECRET}`).body, new RegExp(SECRET));
    for (const site of sites) {
      const reached = gateway.attempt('curl', ['-s', '--max-time', '2', `http://${site.address}:8080/`]);
      assert.notEqual(reached.status, 0, 'a site cannot be reached from outside');
    }
    const captures = await Promise.all(recording.map((end) => end()));
    for (const capture of captures)
      assert.ok(capture.length > 10_000, `a capture of ${capture.length} bytes has not seen the traffic`);
    assertSealed(captures);
  });

  test('Sats that dial the gateway directly do the same', async () => {
    using lab = new NetworkLab();
    const { relay, gateway, ticket } = enrolledHosts(lab);
    const sites = [lab.site('site1'), lab.site('site2')];
    const listener = '--tcp-listener-address 0.0.0.0:5000';
    perigee(gateway, `gateway create front --bundle ${DEMO_BUNDLE} --http 127.0.0.1:8080 ${listener}`);
    const recording = await Promise.all([relay, ...sites].map((host) => host.capture()));
    const route = `/ip4/${gateway.address}/tcp/5000/secure/api/service/constellation`;
    for (const site of sites) perigee(site, `sat join ${ticket(`--sat front --gateway-route ${route}`)}`);
    assert.equal(satsThatAnswer(gateway, `/greet/${SECRET}`, 2).size, 2, 'both Sats answer');
    assertSealed(await Promise.all(recording.map((end) => end())));
  });
});
