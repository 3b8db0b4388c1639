import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeBareString } from '../../kernel/bare/index.ts';
import { concat, fromHex, toHex } from '../../kernel/index.ts';
import { MemoryAttributeStore, trustEveryone } from '../../trust/credential/index.ts';
import {
  changeHistoryFromHex,
  Identities,
  type Identifier,
  MemoryChangeHistoryStore,
  MemoryPurposeKeyStore,
  PurposeKeys,
} from '../../trust/identity/index.ts';
import { MemorySecretStore, SoftwareVault } from '../../trust/vault/index.ts';
import {
  allowAll,
  encodeTransportMessage,
  localAddress,
  localMessage,
  type LocalMessage,
  Router,
} from '../routing/index.ts';
import { encodePayload } from './plaintext.ts';
import { listenForChannels, openChannel, type SecureChannel } from './index.ts';

const text = (name: string): string =>
  readFileSync(new URL(`../../../docs/protocol/${name}.md`, import.meta.url), 'utf8');
const examples = text('secure-channel').slice(text('secure-channel').indexOf('## 10 Vectors'));
const [FRAME, INSIDE] = [...examples.matchAll(/```\n([0-9a-f]+)\n```/g)].map((match) => match[1]);

/** Keys and identities of the worked examples in `identity.md` and `secure-channel.md`; all of them are public. */
const A = {
  secret: '31ff4e1cd55f17735a633fbab4b838cf88d1252d164735cb3185a6e315438c2c',
  history:
    '81825837830101583285f68200815820530d1c2e9822433b679a66a60b9c2ed47c370cd0ce51cbe1a7ad847b5835a963f41a654cf98e1a7818fc8e820081584085054457d079a67778f235a90fa1b926d676bad4b1063cec3c1b869950beb01d22f930591897f761c2247938ce1d8871119488db35fb362727748407885a1608',
  static: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  attestation:
    '8258798301025874855820e70dc5545d64724880257acb32b8851e7dd1dd57076838991bc343165df71bfe5820e70dc5545d64724880257acb32b8851e7dd1dd57076838991bc343165df71bfe82008158208f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f1a6553f1001a6eb9f2808200815840dacc20ccd462941473b476b6fdd1798ade8b5a427aac5b3736803bbeab333b38f4d1dbc7e63c4fd914595cdb4ef0837672359bb0840b84dba8c847be6f70760f',
  ephemeral: '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f',
  decryptor: '0123456789abcdef0123456789abcdef',
};
const B = {
  secret: '5fb3663df8405379981462babed7507e3d53a8d061188105e3adbd70e0a74b8a',
  history:
    '81825837830101583285f682008158201d387ce453816d91159740a55e9a62ad3b58be9ecf7ef08760c42c0d885b6c2ef41a654cf9681a7818fc688200815840dc10ba498655dac0ebab81c6e1af45f465408ddd612842f10a6ced53c06d4562117e14d656be85685aa5bfbd5e5ede6f0ecf5eb41c19a5594e7a25b7a42c5c07',
  static: '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20',
  attestation:
    '8258798301025874855820fe42b412ecdb7fda4421bd5046e33c1017671ce7a320c3342814f0b99df9ab605820fe42b412ecdb7fda4421bd5046e33c1017671ce7a320c3342814f0b99df9ab60820081582007a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c1a6553f1001a6eb9f28082008158404cb2b7614b9d83bc564808c81bb5d26c989082ea0c5806e1a8e95f2b904ee4dc8ccb6332105327316715d9bc3399ddb4806769c43e06d8b61ebc9eb3e8395a0f',
  ephemeral: '4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60',
  decryptor: 'fedcba9876543210fedcba9876543210',
};
const sealed = (line: string): string =>
  new RegExp(`^${line} +([0-9a-f]+)$`, 'm').exec(text('secure-channel'))?.[1] ?? assert.fail(`no example ${line}`);

interface Side {
  readonly router: Router;
  readonly identifier: Identifier;
  readonly channels: Parameters<typeof openChannel>[0];
}

/** A node whose keys, addresses and time are those of the examples. */
async function side(example: typeof A, clock: VirtualClock): Promise<Side> {
  let address = 0;
  const random = (length: number): Uint8Array => {
    if (length === 32) return fromHex(example.ephemeral);
    return address++ === 0 ? fromHex(example.decryptor) : new Uint8Array(length).fill(address);
  };
  const router = new Router({ clock, random });
  const vault = new SoftwareVault({ random, store: new MemorySecretStore() });
  const identities = new Identities({ vault, histories: new MemoryChangeHistoryStore(), clock });
  const store = new MemoryPurposeKeyStore();
  const purposeKeys = new PurposeKeys({ identities, store });
  const key = await vault.importKey('ed25519', fromHex(example.secret));
  const { identifier } = await identities.adopt(changeHistoryFromHex(example.history), key.handle);
  await vault.importKey('x25519', fromHex(example.static));
  await store.put(identifier, 'secure-channel', fromHex(example.attestation));
  const channels = {
    router,
    vault,
    identities,
    purposeKeys,
    attributes: new MemoryAttributeStore(),
    onEvent: () => undefined,
  };
  return { router, identifier, channels };
}

/** A and B joined by two workers that stand for a connection and write down what passes. */
async function joinedSides(): Promise<{
  a: Side;
  b: Side;
  channel: SecureChannel;
  fromA: LocalMessage[];
  fromB: LocalMessage[];
}> {
  const clock = new VirtualClock(1_700_000_100_000);
  const [a, b] = [await side(A, clock), await side(B, clock)];
  const [fromA, fromB]: [LocalMessage[], LocalMessage[]] = [[], []];
  const wire = localAddress('wire');
  const end = (
    own: Side,
    seen: LocalMessage[],
    deliver: (message: LocalMessage) => void,
  ): ((message: LocalMessage) => void) => {
    const worker = own.router.register({
      mailbox: { address: wire, incoming: allowAll, outgoing: allowAll },
      handle: (message) => {
        const sent = localMessage(message.onward.slice(1), message.return, message.payload);
        seen.push(sent);
        deliver(sent);
      },
    });
    own.router.flows.addProducer({ address: wire, id: 'f' as never, spawnerId: undefined });
    return (message) =>
      void worker.mailbox.send(localMessage(message.onward, [wire, ...message.return], message.payload));
  };
  const ends: { a?: (message: LocalMessage) => void; b?: (message: LocalMessage) => void } = {};
  ends.a = end(a, fromA, (message) => ends.b?.(message));
  ends.b = end(b, fromB, (message) => ends.a?.(message));
  const api = localAddress('api');
  const listener = listenForChannels(b.channels, { address: api, identity: b.identifier, trust: trustEveryone });
  const echo = localAddress('echo');
  const worker = b.router.register({
    mailbox: { address: echo, incoming: allowAll, outgoing: allowAll },
    handle: (message) => worker.mailbox.send(localMessage(message.return, [echo], message.payload)),
  });
  b.router.flows.addConsumer(echo, listener.flowControlId);
  const channel = await openChannel(a.channels, {
    identity: a.identifier,
    trust: trustEveryone,
    route: [wire, api],
    announce: false,
  });
  return { a, b, channel, fromA, fromB };
}

test('message 1 leaves as the frame of the document', async () => {
  const { fromA } = await joinedSides();
  const content = encodeTransportMessage(fromA[0]!);
  assert.equal(`${content.length.toString(16).padStart(8, '0')}${toHex(content)}`, FRAME);
});

test('the sealed messages of the examples leave the encryptor, with an empty return route', async () => {
  const { a, channel, fromA, fromB } = await joinedSides();
  const app = a.router.register({
    mailbox: { address: localAddress('app'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const before = fromA.length;
  const onward = [channel.encryptor, localAddress('echo')];
  for (let i = 0; i <= 64; i++) {
    await app.mailbox.send(localMessage(onward, [localAddress('app')], encodeBareString('Hello Ockam!')));
  }
  for (const counter of [0, 1, 31, 32, 64]) {
    const sent = fromA[before + counter]!;
    assert.equal(toHex(sent.payload), sealed(`I→R ${counter}`));
    assert.deepEqual(sent.return, []);
  }
  assert.equal(toHex(fromB[1]!.payload), sealed('R→I 0'));
});

test('the routed message of the examples', () => {
  const parts = encodePayload([localAddress('echo')], [localAddress('app')], encodeBareString('Hello Ockam!'));
  assert.equal(toHex(concat(...parts)), INSIDE);
});

test('the end message of the examples', async () => {
  const { a, channel, fromA } = await joinedSides();
  const app = a.router.register({
    mailbox: { address: localAddress('app'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  for (let i = 0; i < 2; i++)
    await app.mailbox.send(localMessage([channel.encryptor, localAddress('nowhere')], [], new Uint8Array(0)));
  channel.close();
  const last = fromA.at(-1) ?? assert.fail('nothing was sent');
  assert.equal(toHex(last.payload), sealed('I→R 2, close'));
  assert.deepEqual(last.return, [channel.encryptor]);
});
