import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { toHex, utf8 } from '../../kernel/index.ts';
import { allowAll, localAddress, localMessage, type Route } from '../../network/routing/index.ts';
import { MemoryAttributeStore } from '../../trust/credential/index.ts';
import { MemoryChangeHistoryStore, MemoryPurposeKeyStore } from '../../trust/identity/index.ts';
import { parsePolicy, type PolicyExpression } from '../../trust/policy/index.ts';
import { MemorySecretStore } from '../../trust/vault/index.ts';
import { type Core, createCore } from '../core/index.ts';
import { openHomeAt, ResourceStore } from '../home/index.ts';
import { type GeneralNode, startGeneralNode } from './general-node.ts';
import { outletPart, relayPart } from './portals/index.ts';

interface Made {
  readonly core: Core;
  readonly identifier: string;
  readonly start: (policies?: ReadonlyMap<string, string>) => Promise<GeneralNode>;
}

async function made(open: AsyncDisposableStack, name: string): Promise<Made> {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-general-'));
  open.defer(() => rmSync(directory, { recursive: true, force: true }));
  const home = open.use(openHomeAt(directory));
  const stores = {
    secrets: new MemorySecretStore(),
    histories: new MemoryChangeHistoryStore(),
    purposeKeys: new MemoryPurposeKeyStore(),
    attributes: new MemoryAttributeStore(),
  };
  const core = createCore({ stores, name });
  open.defer(core.stop);
  const { identifier } = await core.identities.create();
  const start = async (policies: ReadonlyMap<string, string> = new Map()): Promise<GeneralNode> => {
    const node = await startGeneralNode({
      core,
      identity: identifier,
      membership: undefined,
      listenAt: '127.0.0.1:0',
      resources: new ResourceStore(home.database, name),
      policyOf: ({ name: resource }): PolicyExpression | undefined => {
        const text = policies.get(resource);
        return text === undefined ? undefined : parsePolicy(text);
      },
      protect: () => () => undefined,
      identityNamed: () => identifier,
      parts: [outletPart, relayPart],
    });
    open.defer(node.close);
    return node;
  };
  return { core, identifier, start };
}

const call = (node: GeneralNode, name: string, body: object): Promise<unknown> =>
  Promise.resolve(node.calls[name]?.(utf8(JSON.stringify(body))));

test('who comes by a relay is not taken for the node of the relay', { timeout: 20_000 }, async () => {
  await using open = new AsyncDisposableStack();
  const [relay, client, stranger] = [
    await made(open, 'relay'),
    await made(open, 'client'),
    await made(open, 'stranger'),
  ];
  const relayNode = await relay.start();
  const onlyTheRelay = `(= subject.identifier "${relay.identifier}")`;
  const clientNode = await client.start(new Map(['outlet', 'echo'].map((name) => [name, onlyTheRelay])));

  const service = createServer((socket) => socket.end('secret')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  open.defer(() => void service.close());
  const { port } = service.address() as { port: number };
  await call(clientNode, 'POST /tcp-outlet/create', { to: `127.0.0.1:${port}`, tls: false });
  const [host = '', relayPort = ''] = relayNode.listenAt.split(':');
  const at = `/ip4/${host}/tcp/${relayPort}/secure/api`;
  await call(clientNode, 'POST /relay/create', { name: 'c', address: 'c', at, waitMs: 5000 });

  const connection = await stranger.core.transport.connect(relayNode.listenAt);
  const heard: string[] = [];
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  const asker = stranger.core.router.register({
    mailbox: { address: localAddress('asker'), incoming: allowAll, outgoing: allowAll },
    handle: ({ payload }) => {
      heard.push(toHex(payload));
      resolve();
    },
  });
  stranger.core.router.flows.addConsumer(localAddress('asker'), connection.flowControlId);
  const ask = (way: Route, payload: Uint8Array): void =>
    void asker.mailbox.send(localMessage([connection.sender, ...way], [localAddress('asker')], payload));
  const toClient = localAddress('forward_to_c');
  ask([toClient, localAddress('outlet')], Uint8Array.of(0));
  ask([toClient, localAddress('echo')], utf8('echo'));
  // Open to everybody: when it has answered, the others would have.
  ask([toClient, localAddress('uppercase')], Uint8Array.of(1, 97));
  await answered;
  for (let turn = 0; turn < 200; turn++) await new Promise((done) => setImmediate(done));
  assert.deepEqual(heard, ['0141']);
});
