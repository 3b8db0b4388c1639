/**
 * Noise XX and what follows it: the handshake that authenticates two static keys, and the cipher of the channel it opens.
 *
 * Specification: `docs/protocol/secure-channel.md` §2 to §4 · layer 1, no input or output.
 * Read: handshake.ts (symmetric-state.ts, vault-steps.ts), then session-cipher.ts (key-chain.ts, replay-window.ts, nonce.ts).
 * Invariants: a refused message changes no state; a counter meets one plaintext; private keys stay in the vault.
 * Vectors: `test/vectors/noise` and the worked examples of the specification.
 */
export { NoiseError } from './errors.ts';
export {
  Handshake,
  type HandshakeOptions,
  type HandshakeResult,
  type HandshakeTurn,
  MAX_HANDSHAKE_MESSAGE_LENGTH,
  PROTOCOL_NAME,
  type Role,
} from './handshake.ts';
export {
  type CipherMode,
  type OpenedMessage,
  SEAL_OVERHEAD,
  SessionCipher,
  type SessionCipherOptions,
} from './session-cipher.ts';
export { type HandshakeVault, runWithVault, type VaultRequest, type VaultSteps } from './vault-steps.ts';
