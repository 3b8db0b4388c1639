import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import {
  attributesOf,
  decodeIdentityAndCredentials,
  encodeIdentityAndCredentials,
  issueCredential,
} from '../../trust/credential/index.ts';
import { ownPayload } from './own-payload.ts';

test('what is shown of oneself is encoded once, and anew when key, credential or extension change', async () => {
  const { channels, identity, identities } = await createNetworkNode(new VirtualClock());
  const { identifier } = identity;
  const key = await channels.purposeKeys.current(identifier, 'secure-channel');
  const other = await channels.purposeKeys.current((await identities.create()).identifier, 'secure-channel');
  const [first, second] = await Promise.all(
    ['a', 'b'].map((value) =>
      issueCredential(
        { subject: identifier, attributes: attributesOf({ name: value }) },
        { issuer: identifier, identities, purposeKeys: channels.purposeKeys },
      ),
    ),
  );
  const expected = (own: typeof key, credential: typeof first, extension: Uint8Array | undefined): Uint8Array =>
    encodeIdentityAndCredentials({
      history: own.identity.history,
      purposeKeyAttestation: own.attestation,
      credentials: credential === undefined ? [] : [credential],
      extension,
    });
  const extensions = [undefined, Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1, 2)];
  for (const own of [key, other, key]) {
    for (const credential of [undefined, first, second, first]) {
      for (const extension of [...extensions, ...extensions.toReversed()]) {
        const payload = ownPayload(own, credential, extension);
        assert.deepEqual(payload, expected(own, credential, extension));
        assert.equal(ownPayload(own, credential, extension?.slice()), payload, 'once');
      }
    }
  }
  assert.equal(decodeIdentityAndCredentials(ownPayload(key, first, undefined)).credentials.length, 1);
});
