import assert from 'node:assert/strict';
import { test } from 'node:test';
import { env, guest } from '../../../test/support/guests.ts';
import { decodeGrants } from '../../compute/capability/index.ts';
import { fromUtf8 } from '../../kernel/index.ts';
import { DECLINED, decodeDeploy, FRAME } from '../protocol/index.ts';
import { application } from '../testdata/application.ts';
import { House } from '../testdata/house.ts';
import { linkPair, memoryPeer } from '../testdata/memory-link.ts';
import { RawPeer } from '../testdata/raw-peer.ts';

const SECTIONS = `connections:
  database:
    type: postgresql
    connectionString: env(DATABASE)
authentication:
  domains:
    api.example.com:
      headerType: bearer
      value: env(TOKEN)
queries:
  - name: all
    type: select
    query: SELECT 1 AS secret_table`;

const bundle = await application({
  functions: {
    queries: guest({ imports: env('db_exec', 4) }),
    asks: guest({ imports: env('fetch_url', 6) }),
    older: guest({ imports: env('fetch_url', 8) }),
    first: guest({ imports: env('fetch', 5) }),
    graphs: guest({ imports: env('graphql_query', 5) }),
    neither: guest({ imports: env('log_msg', 4, 0) }),
    broken: 'no module at all',
  },
  sections: SECTIONS,
});

const VARIABLES: Readonly<Record<string, string>> = {
  DATABASE: 'postgresql://u:database-secret@db/x',
  TOKEN: 'token-secret',
};

/** What a Sat that has declined so much reads of each function: whether database and headers are there. */
async function told(declined: number): Promise<Record<string, string>> {
  const environment = { get: (name: string) => Promise.resolve(VARIABLES[name]) };
  await using h = await House.create(bundle, { environment });
  const pair = linkPair(memoryPeer('Iraw', { 'perigee-sat': 'main' }), h.gatewayPeer);
  const raw = new RawPeer(pair.sat);
  h.gateway.acceptLink(pair.gateway);
  raw.offer(10, declined);
  const { body } = await raw.take(FRAME.deploy);
  const { functions } = decodeDeploy(body);
  const texts = functions.map(({ name, grants }): [string, string] => {
    const { database, auth } = decodeGrants(grants);
    const has = [...(database.connection === undefined ? [] : ['database']), ...auth.headers.map(() => 'header')];
    assert.equal(grants.includes('database-secret'), has.includes('database'));
    assert.equal(grants.includes('secret_table'), has.includes('database'));
    assert.equal(grants.includes('token-secret'), has.includes('header'));
    return [/::(\w+)@/.exec(name)?.[1] ?? name, has.join()];
  });
  const isAnywhere = (secret: string): boolean =>
    fromUtf8(body.map((byte) => (byte < 128 ? byte : 32))).includes(secret);
  assert.equal(
    isAnywhere('database-secret'),
    texts.some(([, has]) => has.includes('database')),
  );
  assert.equal(
    isAnywhere('token-secret'),
    texts.some(([, has]) => has.includes('header')),
  );
  return Object.fromEntries(texts);
}

const NOTHING = { queries: '', asks: '', older: '', first: '', graphs: '', neither: '', broken: '' };
const HEADERS = { asks: 'header', older: 'header', first: 'header', graphs: 'header' };

test('secrets go with the functions that can use them', async () => {
  assert.deepEqual(await told(0), { ...NOTHING, ...HEADERS, queries: 'database' });
});

test('a Sat that can make no use of them is not told', async () => {
  assert.deepEqual(await told(DECLINED.databases), { ...NOTHING, ...HEADERS });
  assert.deepEqual(await told(DECLINED.headers), { ...NOTHING, queries: 'database' });
  assert.deepEqual(await told(0xff), NOTHING);
});
