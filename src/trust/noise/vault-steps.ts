/**
 * How a handshake asks for what only a vault can do, and stays free of promises: it is a generator that yields requests and is
 * resumed with the bytes that answer them.
 */
import { EMPTY } from '../../kernel/index.ts';
import { keyHandle, type Vault } from '../vault/index.ts';

/** One operation on X25519 keys. Keys are named by their public halves. */
export type VaultRequest =
  /** Make an ephemeral key; answered with its public key. */
  | { readonly operation: 'generate' }
  /** Key agreement of an own key with a peer's public key; answered with the shared secret, which the asker wipes. */
  | { readonly operation: 'agree'; readonly own: Uint8Array; readonly peer: Uint8Array }
  /** Delete an own key; answered with no bytes. */
  | { readonly operation: 'delete'; readonly own: Uint8Array };

/** A computation that needs a vault now and then and ends with a `T`. A failed operation is thrown into it. */
export type VaultSteps<T> = Generator<VaultRequest, T, Uint8Array>;

/** The part of a vault that handshakes need. */
export type HandshakeVault = Pick<Vault, 'generateKey' | 'agree' | 'deleteKey'>;

/** Runs `steps` to the end against `vault`. Rejects with what the steps throw, a failure of the vault included. */
export async function runWithVault<T>(vault: HandshakeVault, steps: VaultSteps<T>): Promise<T> {
  let result = steps.next();
  while (result.done !== true) {
    let answer: Uint8Array;
    try {
      const request = result.value;
      if (request.operation === 'agree') answer = await vault.agree(keyHandle(request.own), request.peer);
      else if (request.operation === 'generate') answer = (await vault.generateKey('x25519', 'ephemeral')).publicKey;
      else {
        await vault.deleteKey(keyHandle(request.own));
        answer = EMPTY;
      }
    } catch (error) {
      result = steps.throw(error);
      continue;
    }
    result = steps.next(answer);
  }
  return result.value;
}
