/** Credentials and authorities between our commands and the stock one, as users of both type them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createPlace, type Place, until } from '../e2e/world.ts';
import { Ockam, whyNoOckam } from '../support/ockam.ts';

interface Listed {
  readonly credential: { readonly attributes: Record<string, string>; readonly credential: string };
  readonly is_verified: boolean;
}

interface Enrolled {
  readonly credential: {
    readonly attributes: Record<string, string>;
    readonly credential: string;
    readonly issuer: string;
  };
}

/** A port of the loopback that is free now: a stock authority does not say which one it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

suite('credentials of a stock ockam 0.139 and of perigee', { skip: whyNoOckam() ?? false, timeout: 240_000 }, () => {
  let place: Place;
  let ockam: Ockam;
  /** Identifier and change history of an identity of each side, known to the other. */
  let stock: { readonly id: string; readonly history: string };
  let ours: { readonly id: string; readonly history: string };

  before(async () => {
    place = createPlace();
    ockam = new Ockam();
    await ockam.run('identity', 'create', 'issuer');
    await place.ok('identity', 'create', 'issuer');
    const full = ['identity', 'show', 'issuer', '--full', '--encoding', 'hex'];
    stock = { id: await ockam.run('identity', 'show', 'issuer'), history: await ockam.run(...full) };
    ours = { id: await place.ok('identity', 'show', 'issuer'), history: await place.ok(...full) };
    await ockam.run('identity', 'create', 'friend', '--identity', ours.history);
    await place.ok('identity', 'create', 'friend', '--identity', stock.history);
  });
  after(async () => {
    await ockam[Symbol.asyncDispose]();
    await place.close();
  });

  test('one that stock issues is verified and kept by us, and a changed one is not', async () => {
    const attributes = ['--attribute', 'city=Lima', '--attribute', 'a=b=c'];
    const issue = ['credential', 'issue', '--as', 'issuer', '--for', ours.id, ...attributes, '--encoding', 'hex'];
    const hex = await ockam.run(...issue);
    const verify = ['credential', 'verify', '--issuer', stock.id, '--credential'];
    assert.equal(await place.ok(...verify, hex), 'true');
    const last = hex.endsWith('0') ? '1' : '0';
    assert.equal(await place.ok(...verify, hex.slice(0, -1) + last), 'false');
    await place.ok('node', 'create', 'n1');
    const store = ['credential', 'store', '--scope', 'test', '--at', 'n1', '--issuer'];
    assert.equal(await place.ok(...store, stock.id, '--credential', hex), hex, 'encoded as it came');
    const [kept] = await place.json<Listed[]>('credential', 'list', '--at', 'n1');
    assert.deepEqual(kept?.credential.attributes, { a: 'b=c', city: 'Lima' });
    assert.deepEqual([kept?.credential.credential, kept?.is_verified], [hex, true]);
    assert.equal((await place.run([...store, ours.id, '--credential', hex])).code, 70, 'another issuer');
  });

  for (const subject of ['known to stock', 'known to nobody']) {
    test(`one that we issue to a subject ${subject} is verified and kept by stock, and a changed one is not`, async () => {
      const id = subject === 'known to stock' ? stock.id : `I${'5a'.repeat(32)}`;
      const issue = ['credential', 'issue', '--as', 'issuer', '--for', id, '-a', 'city=Lima', '-a', 'a=b=c'];
      const hex = await place.ok(...issue, '--encoding', 'hex');
      const verify = ['credential', 'verify', '--issuer', ours.id, '--credential'];
      assert.equal(await ockam.run(...verify, hex), 'true');
      const last = hex.endsWith('0') ? '1' : '0';
      assert.equal(await ockam.run(...verify, hex.slice(0, -1) + last), 'false');
      const node = `keeps-${id.slice(1, 5)}`;
      await ockam.run('node', 'create', node, '--tcp-listener-address', '127.0.0.1:0');
      const scope = ['--scope', 'test', '--at', node];
      assert.equal(await ockam.run('credential', 'store', '--issuer', ours.id, ...scope, '--credential', hex), hex);
      const [kept] = JSON.parse(await ockam.run('credential', 'list', '--at', node)) as Listed[];
      assert.deepEqual(kept?.credential.attributes, { a: 'b=c', city: 'Lima' });
      assert.equal(kept?.is_verified, true);
    });
  }

  test('both print one in the same words', async () => {
    const shape = (text: string): string =>
      text
        .replace(/[0-9a-f]{64}/g, '<hex>')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
        .replace(/[ \t]+$/gm, '');
    const issue = ['credential', 'issue', '--as', 'issuer', '--attribute', 'city=Lima'];
    const theirs = await ockam.run(...issue, '--for', ours.id);
    assert.equal(shape((await place.ok(...issue, '--for', stock.id)).trim()), shape(theirs));
  });

  /** The project of an authority, with a node that nobody needs here. */
  const projectFile = async (name: string, authority: { history: string; port: number }): Promise<string> => {
    await place.ok('identity', 'create', 'project-node');
    const file = path.join(place.directory, `${name}.json`);
    const project = {
      access_address: 'localhost:4',
      // A stock enroller takes no other form of route for the project node.
      access_route: '/dnsaddr/localhost/tcp/4/service/api',
      authority_access_address: `127.0.0.1:${authority.port}`,
      authority_access_route: `/ip4/127.0.0.1/tcp/${authority.port}/service/api`,
      authority_identity: authority.history,
      egress_allow_list: [],
      id: name,
      identity: await place.ok('identity', 'show', 'project-node'),
      name,
      project_change_history: await place.ok('identity', 'show', 'project-node', '--full', '--encoding', 'hex'),
      space_id: '1',
      space_name: 'home',
      user_roles: [],
      users: [],
    };
    writeFileSync(file, JSON.stringify(project));
    return file;
  };

  test('a stock authority makes members of ours, directly and by ticket', async () => {
    await ockam.run('identity', 'create', 'authority');
    const history = await ockam.run('identity', 'show', 'authority', '--full', '--encoding', 'hex');
    const port = await freePort();
    const trusted = JSON.stringify({ [ours.id]: { 'ockam-role': 'enroller', component: 'db' } });
    const create = ['authority', 'create', '--tcp-listener-address', `127.0.0.1:${port}`, '--identity', 'authority'];
    await ockam.run(...create, '--project-identifier', 'theirs', '--trusted-identities', trusted);
    await place.ok('project', 'import', '--project-file', await projectFile('theirs', { history, port }));
    const as = ['--identity', 'issuer'];
    // It returns before it listens.
    const enrolled = await until(async () => {
      const ended = await place.run(['project', 'enroll', '--project', 'theirs', ...as, '--output', 'json']);
      return ended.code === 0 ? (JSON.parse(ended.stdout) as Enrolled) : undefined;
    }, 'enrolled at the stock authority');
    const member = { component: 'db', 'ockam-role': 'enroller', trust_context_id: 'theirs' };
    assert.deepEqual(enrolled.credential.attributes, member);
    const ticket = await place.ok('-q', 'project', 'ticket', '--project', 'theirs', ...as, '-a', 'component=web');
    const guest = await place.json<Enrolled>('project', 'enroll', ticket, '--identity', 'guest');
    assert.equal(guest.credential.attributes['component'], 'web');
    assert.equal(guest.credential.issuer, await ockam.run('identity', 'show', 'authority'));
    const used = await place.run(['project', 'enroll', ticket, '--identity', 'late']);
    assert.equal(used.code, 70, 'the ticket was for one use');
    const id = await place.ok('identity', 'show', 'guest');
    const at = ['--project-name', 'theirs', ...as];
    const shown = await place.json<{ attributes: { attributes: unknown } }>('project-member', 'show', id, ...at);
    assert.deepEqual(shown.attributes.attributes, { component: 'web' });
    await place.ok('project-member', 'delete', id, ...at);
    const gone = await place.run(['project', 'enroll', '--project', 'theirs', '--identity', 'guest']);
    assert.equal(gone.code, 70, 'who was deleted gets no credential');
  });

  test('an authority of ours makes members of stock identities, directly and by ticket', async () => {
    const trusted = JSON.stringify({ [stock.id]: { 'ockam-role': 'enroller', component: 'db' } });
    const create = ['authority', 'create', 'ours', '-t', '127.0.0.1:0', '--identity', 'our-authority'];
    await place.ok(...create, '--project-identifier', 'ours', '--trusted-identities', trusted);
    const { route } = await place.json<{ route: { verbose: string } }>('node', 'show', 'ours');
    const port = Number(route.verbose.slice(route.verbose.lastIndexOf('/') + 1));
    const history = await place.ok('identity', 'show', 'our-authority', '--full', '--encoding', 'hex');
    await ockam.run('project', 'import', '--project-file', await projectFile('ours', { history, port }));
    const enrolled = JSON.parse(await ockam.run('project', 'enroll', '--project', 'ours', '--identity', 'issuer'));
    const { attributes, credential, issuer } = (enrolled as Enrolled).credential;
    assert.deepEqual(attributes, { component: 'db', 'ockam-role': 'enroller', trust_context_id: 'ours' });
    assert.equal(await place.ok('credential', 'verify', '--issuer', issuer, '--credential', credential), 'true');
    const as = ['--project-name', 'ours', '--identity', 'issuer'];
    await ockam.run('project-member', 'add', ours.id, '--attribute', 'component=web', ...as);
    const members = JSON.parse(await ockam.run('project-member', 'list', ...as)) as unknown[];
    assert.equal(members.length, 2);
    await ockam.run('project-member', 'delete', ours.id, ...as);
    assert.equal((JSON.parse(await ockam.run('project-member', 'list-ids', ...as)) as unknown[]).length, 1);
    const ticket = await ockam.run('project', 'ticket', '--project', 'ours', '--identity', 'issuer');
    const guest = await place.json<Enrolled & { project_name: string }>('project', 'enroll', ticket);
    assert.equal(guest.credential.issuer, issuer);
    // The ticket of a stock enroller names the project by the first label of its host.
    const known = await place.json<{ id: string }[]>('project', 'list');
    assert.ok(known.some(({ id }) => id === 'localhost'));
  });
});
