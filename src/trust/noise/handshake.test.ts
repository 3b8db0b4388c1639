import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { concat, EMPTY, fromHex, type RandomSource, toHex } from '../../kernel/index.ts';
import { aeadSeal } from '../crypto/index.ts';
import { MemorySecretStore, SoftwareVault } from '../vault/index.ts';
import { Handshake, type HandshakeOptions, type HandshakeResult, PROTOCOL_NAME, type Role } from './handshake.ts';
import { NonceBuffer } from './nonce.ts';
import { type HandshakeVault, runWithVault, type VaultSteps } from './vault-steps.ts';

const random: RandomSource = (length) => new Uint8Array(randomBytes(length));
const vectorFolder = path.join(import.meta.dirname, '../../../test/vectors/noise');

/** One end: a handshake, its vault, and how many ephemeral keys the vault holds. */
class End {
  readonly handshake: Handshake;
  readonly vault: HandshakeVault;
  readonly ephemeral = new Set<string>();
  failing: keyof HandshakeVault | undefined;

  constructor(vault: SoftwareVault, options: HandshakeOptions) {
    this.handshake = new Handshake(options);
    const guard = (operation: keyof HandshakeVault): void => {
      if (this.failing === operation) throw new Error(`${operation} fails`);
    };
    this.vault = {
      generateKey: async (algorithm, lifetime) => {
        guard('generateKey');
        const key = await vault.generateKey(algorithm, lifetime);
        this.ephemeral.add(key.handle);
        return key;
      },
      agree: async (handle, peer) => {
        guard('agree');
        return vault.agree(handle, peer);
      },
      deleteKey: async (handle) => {
        guard('deleteKey');
        this.ephemeral.delete(handle);
        return vault.deleteKey(handle);
      },
    };
  }

  run<T>(steps: VaultSteps<T>): Promise<T> {
    return runWithVault(this.vault, steps);
  }
  write(payload?: Uint8Array): Promise<Uint8Array> {
    return this.run(this.handshake.write(payload));
  }
  read(message: Uint8Array): Promise<Uint8Array> {
    return this.run(this.handshake.read(message));
  }
}

async function end(
  role: Role,
  options: Partial<HandshakeOptions> & { staticSecret?: string; ephemeralSecret?: string } = {},
): Promise<End> {
  const { staticSecret, ephemeralSecret, ...rest } = options;
  const source: RandomSource = ephemeralSecret === undefined ? random : () => fromHex(ephemeralSecret);
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random: source });
  const { publicKey } = await vault.importKey(
    'x25519',
    staticSecret === undefined ? random(32) : fromHex(staticSecret),
  );
  return new End(vault, { role, staticKey: publicKey, ...rest });
}

async function pair(): Promise<[End, End]> {
  return [await end('initiator'), await end('responder')];
}

/** Runs all three messages and returns them. */
async function run(a: End, b: End, payloads: readonly Uint8Array[] = []): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  for (const [step, [writer, reader]] of (
    [
      [a, b],
      [b, a],
      [a, b],
    ] as const
  ).entries()) {
    const message = await writer.write(payloads[step]);
    assert.deepEqual(await reader.read(message), payloads[step] ?? EMPTY);
    messages.push(message);
  }
  return messages;
}

interface Published {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly resp_prologue: string;
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

for (const file of ['cacophony', 'snow']) {
  test(`published vectors of ${file}: Noise_XX_25519_AESGCM_SHA256`, async () => {
    const text = readFileSync(path.join(vectorFolder, `${file}-25519-sha256.json`), 'utf8');
    const { vectors }: { vectors: Published[] } = JSON.parse(text);
    const published = vectors.filter((one) => one.protocol_name === 'Noise_XX_25519_AESGCM_SHA256');
    assert.equal(published.length, 1);
    for (const vector of published) {
      const protocolName = vector.protocol_name;
      const a = await end('initiator', {
        protocolName,
        prologue: fromHex(vector.init_prologue),
        staticSecret: vector.init_static,
        ephemeralSecret: vector.init_ephemeral,
      });
      const b = await end('responder', {
        protocolName,
        prologue: fromHex(vector.resp_prologue),
        staticSecret: vector.resp_static,
        ephemeralSecret: vector.resp_ephemeral,
      });
      const handshake = vector.messages.slice(0, 3);
      const written = await run(
        a,
        b,
        handshake.map(({ payload }) => fromHex(payload)),
      );
      assert.deepEqual(
        written.map(toHex),
        handshake.map(({ ciphertext }) => ciphertext),
      );
      const [ka, kb] = [a.handshake.finish(), b.handshake.finish()];
      assert.deepEqual(ka.handshakeHash, kb.handshakeHash);
      if (vector.handshake_hash !== undefined) assert.equal(toHex(ka.handshakeHash), vector.handshake_hash);
      // The published vectors give the first key to the initiator; here that is the key it receives with. The responder goes next.
      const nonce = new NonceBuffer();
      for (const [index, { payload, ciphertext }] of vector.messages.slice(3).entries()) {
        nonce.set(index >> 1);
        const key = index % 2 === 0 ? ka.sendKey : ka.receiveKey;
        assert.equal(toHex(aeadSeal(key, nonce.bytes, EMPTY, fromHex(payload))), ciphertext);
      }
    }
  });
}

interface Given {
  readonly keys: Readonly<
    Record<
      'initiator_static' | 'initiator_ephemeral' | 'responder_static' | 'responder_ephemeral',
      { readonly secret: string; readonly public: string }
    >
  >;
  readonly handshakes: readonly {
    readonly name: string;
    readonly protocolName: string;
    readonly payloads: readonly string[];
    readonly messages: readonly string[];
    readonly h?: Readonly<Record<'initial' | 'afterMessage1' | 'afterMessage2' | 'final', string>>;
    readonly k1?: string;
    readonly k2?: string;
  }[];
}
const given: Given = JSON.parse(readFileSync(path.join(import.meta.dirname, 'testdata/handshakes.json'), 'utf8'));

async function givenPair(protocolName: string): Promise<[End, End]> {
  const { keys } = given;
  return [
    await end('initiator', {
      protocolName,
      staticSecret: keys.initiator_static.secret,
      ephemeralSecret: keys.initiator_ephemeral.secret,
    }),
    await end('responder', {
      protocolName,
      staticSecret: keys.responder_static.secret,
      ephemeralSecret: keys.responder_ephemeral.secret,
    }),
  ];
}

for (const vector of given.handshakes) {
  test(`worked handshake: ${vector.name}`, async () => {
    const [a, b] = await givenPair(vector.protocolName);
    const expected = vector.h && Object.values(vector.h);
    const steps = [
      [a, b],
      [b, a],
      [a, b],
    ] as const;
    for (const [step, [writer, reader]] of steps.entries()) {
      if (expected) assert.equal(toHex(writer.handshake.handshakeHash), expected[step]);
      const payload = fromHex(vector.payloads[step]!);
      const message = await writer.write(payload);
      assert.equal(toHex(message), vector.messages[step]);
      assert.deepEqual(await reader.read(message), payload);
      assert.deepEqual(reader.handshake.handshakeHash, writer.handshake.handshakeHash);
    }
    const [ka, kb] = [a.handshake.finish(), b.handshake.finish()];
    if (expected) assert.equal(toHex(ka.handshakeHash), expected[3]);
    if (vector.k1 !== undefined) assert.deepEqual([ka.receiveKey, kb.sendKey].map(toHex), [vector.k1, vector.k1]);
    if (vector.k2 !== undefined) assert.deepEqual([ka.sendKey, kb.receiveKey].map(toHex), [vector.k2, vector.k2]);
    assert.equal(toHex(ka.remoteStaticKey), given.keys.responder_static.public);
    assert.equal(toHex(kb.remoteStaticKey), given.keys.initiator_static.public);
  });
}

test('property: any payloads arrive, both ends agree, no ephemeral key stays', async () => {
  const payload = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(fc.tuple(payload, payload, payload), payload, async (payloads, prologue) => {
      const a = await end('initiator', { prologue });
      const b = await end('responder', { prologue });
      await run(a, b, payloads);
      const [ka, kb] = [a.handshake.finish(), b.handshake.finish()];
      assert.deepEqual(ka.sendKey, kb.receiveKey);
      assert.deepEqual(ka.receiveKey, kb.sendKey);
      assert.notDeepEqual(ka.sendKey, ka.receiveKey);
      assert.deepEqual(ka.handshakeHash, kb.handshakeHash);
      assert.equal(a.ephemeral.size + b.ephemeral.size, 0);
    }),
    { numRuns: 20 },
  );
});

test('a changed message 1, another prologue and another name fail at message 2', async () => {
  for (const change of ['message', 'prologue', 'name'] as const) {
    const a = await end('initiator');
    const b = await end('responder', {
      ...(change === 'prologue' && { prologue: Uint8Array.of(1) }),
      ...(change === 'name' && { protocolName: `${PROTOCOL_NAME}x` }),
    });
    const first = await a.write(Uint8Array.of(7));
    if (change === 'message') first[32]! ^= 1;
    await b.read(first);
    await assert.rejects(a.read(await b.write()), { code: 'NOISE_DECRYPT_FAILED' });
  }
});

test('every flipped byte and truncation of messages 2 and 3 is refused, and the right message still accepted', async () => {
  const [a, b] = await givenPair(PROTOCOL_NAME);
  await b.read(await a.write());
  for (const [writer, reader] of [
    [b, a],
    [a, b],
  ] as const) {
    const message = await writer.write(Uint8Array.of(1, 2, 3));
    const before = reader.handshake.handshakeHash;
    for (let index = 0; index < message.length; index++) {
      for (const flip of [0x01, 0x80]) {
        const forged = message.with(index, message[index]! ^ flip);
        await assert.rejects(reader.read(forged), { code: 'NOISE_DECRYPT_FAILED' });
      }
      await assert.rejects(reader.read(message.subarray(0, index)), /NoiseError/);
    }
    await assert.rejects(reader.read(concat(message, Uint8Array.of(0))), { code: 'NOISE_DECRYPT_FAILED' });
    assert.deepEqual(reader.handshake.handshakeHash, before);
    assert.equal(reader.handshake.turn, 'read');
    assert.deepEqual(await reader.read(message), Uint8Array.of(1, 2, 3));
  }
  assert.deepEqual(a.handshake.finish().sendKey, b.handshake.finish().receiveKey);
});

test('the least and the greatest lengths', async () => {
  const [a, b] = await pair();
  const least = [32, 96, 64];
  for (const [step, [writer, reader]] of (
    [
      [a, b],
      [b, a],
      [a, b],
    ] as const
  ).entries()) {
    const room = 65_535 - least[step]!;
    await assert.rejects(writer.write(new Uint8Array(room + 1)), { code: 'NOISE_MESSAGE_TOO_LONG' });
    await assert.rejects(reader.read(new Uint8Array(65_536)), { code: 'NOISE_MESSAGE_TOO_LONG' });
    await assert.rejects(reader.read(new Uint8Array(least[step]! - 1)), { code: 'NOISE_MESSAGE_TOO_SHORT' });
    await assert.rejects(reader.read(EMPTY), { code: 'NOISE_MESSAGE_TOO_SHORT' });
    const message = await writer.write(new Uint8Array(room));
    assert.equal(message.length, 65_535);
    assert.equal((await reader.read(message)).length, room);
  }
});

test('public keys of low order are refused, whoever sends them', async () => {
  const low = new Uint8Array(32);
  const [a, b] = await pair();
  await a.write();
  await assert.rejects(a.read(concat(low, new Uint8Array(64))), { code: 'VAULT_KEY_AGREEMENT_FAILED' });
  assert.equal(a.handshake.turn, 'read');

  await b.read(low);
  await assert.rejects(b.write(), { code: 'VAULT_KEY_AGREEMENT_FAILED' });
  assert.equal(b.handshake.turn, 'write');
  assert.equal(b.ephemeral.size, 0);
});

test('operations out of turn', async () => {
  const [a, b] = await pair();
  const refused = async (side: End, turns: readonly ('read' | 'write')[]): Promise<void> => {
    for (const turn of turns)
      await assert.rejects(turn === 'read' ? side.read(new Uint8Array(96)) : side.write(), {
        code: 'NOISE_OUT_OF_TURN',
      });
    assert.throws(() => side.handshake.finish(), { code: 'NOISE_NOT_COMPLETE' });
  };
  await refused(a, ['read']);
  await refused(b, ['write']);
  const m1 = await a.write();
  await refused(a, ['write']);
  await b.read(m1);
  await refused(b, ['read']);
  await a.read(await b.write());
  assert.ok(a.handshake.remoteStaticKey);
  assert.equal(b.handshake.remoteStaticKey, undefined);
  const m3 = await a.write();
  await assert.rejects(a.write(), { code: 'NOISE_OUT_OF_TURN' });
  await b.read(m3);
  await assert.rejects(b.read(m3), { code: 'NOISE_OUT_OF_TURN' });
  for (const side of [a, b]) {
    assert.equal(side.handshake.turn, 'finish');
    side.handshake.finish();
    assert.equal(side.handshake.turn, 'closed');
    assert.throws(() => side.handshake.finish(), { code: 'NOISE_CLOSED' });
  }
});

test('two overlapping messages: one counts, and the ephemeral key of the other is removed', async () => {
  const a = await end('initiator');
  const results = await Promise.allSettled([a.write(), a.write()]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(a.ephemeral.size, 1);
  assert.equal(a.handshake.turn, 'read');
});

test('a failing vault fails the message and leaves the handshake as it was', async () => {
  const [a, b] = await pair();
  const fails = async (side: End, operation: keyof HandshakeVault, attempt: () => Promise<unknown>): Promise<void> => {
    const before = { turn: side.handshake.turn, hash: side.handshake.handshakeHash, keys: side.ephemeral.size };
    side.failing = operation;
    await assert.rejects(attempt(), new RegExp(`${operation} fails`));
    side.failing = undefined;
    assert.deepEqual(
      { turn: side.handshake.turn, hash: side.handshake.handshakeHash, keys: side.ephemeral.size },
      before,
    );
  };
  await fails(a, 'generateKey', () => a.write());
  const m1 = await a.write();
  await b.read(m1);
  await fails(b, 'generateKey', () => b.write());
  await fails(b, 'agree', () => b.write());
  const m2 = await b.write();
  await fails(a, 'agree', () => a.read(m2));
  await a.read(m2);
  await fails(a, 'agree', () => a.write());
  await fails(a, 'deleteKey', () => a.write());
  const m3 = await a.write();
  await fails(b, 'agree', () => b.read(m3));
  await fails(b, 'deleteKey', () => b.read(m3));
  await b.read(m3);
  assert.deepEqual(a.handshake.finish().sendKey, b.handshake.finish().receiveKey);
});

test('abandoning removes the ephemeral key at every stage, and ends the handshake', async () => {
  for (let stage = 0; stage <= 3; stage++) {
    const [a, b] = await pair();
    const steps = [
      async () => b.read(await a.write()),
      async () => a.read(await b.write()),
      async () => b.read(await a.write()),
    ];
    for (const step of steps.slice(0, stage)) await step();
    for (const side of [a, b]) {
      await side.run(side.handshake.abandon());
      await side.run(side.handshake.abandon());
      assert.equal(side.handshake.turn, 'closed');
      assert.equal(side.ephemeral.size, 0);
      await assert.rejects(side.write(), { code: 'NOISE_OUT_OF_TURN' });
      await assert.rejects(side.read(new Uint8Array(96)), { code: 'NOISE_OUT_OF_TURN' });
      assert.throws(() => side.handshake.finish(), { code: 'NOISE_CLOSED' });
    }
  }
});

test('abandoning while a message is worked on', async () => {
  const a = await end('initiator');
  const writing = a.write();
  await a.run(a.handshake.abandon());
  await assert.rejects(writing, { code: 'NOISE_OUT_OF_TURN' });
  assert.equal(a.ephemeral.size, 0);
});

test('the results of two handshakes between the same ends have nothing in common', async () => {
  const { keys } = given;
  const results: HandshakeResult[] = [];
  for (let i = 0; i < 2; i++) {
    const a = await end('initiator', { staticSecret: keys.initiator_static.secret });
    const b = await end('responder', { staticSecret: keys.responder_static.secret });
    await run(a, b);
    results.push(a.handshake.finish());
  }
  for (const field of ['sendKey', 'receiveKey', 'handshakeHash'] as const)
    assert.notDeepEqual(results[0]![field], results[1]![field]);
});
