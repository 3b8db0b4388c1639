import type { IdentityProvider, MemberAttributes } from '../../project/authority/index.ts';
import { NodeError } from '../errors.ts';
import { askProvider, type ProviderAddress } from './provider-request.ts';

/** An identity provider, and what it may say about members. */
export interface ProviderConfiguration extends ProviderAddress {
  /** Names of user information that become attributes, where their value is a text. */
  readonly attributes: readonly string[];
}

/**
 * The identity provider of an authority: asks it who the owner of an access token is (OpenID Connect Core §5.3). Its answers count as
 * they come; nothing is remembered.
 */
export function identityProviderAt(configuration: ProviderConfiguration): IdentityProvider {
  return {
    attributesOf: async (accessToken) => {
      const { status, json } = await askProvider(configuration, '/v1/userinfo', { bearer: accessToken });
      if (status === 401 || status === 403) return undefined;
      if (status !== 200 || typeof json !== 'object' || json === null || Array.isArray(json)) {
        throw new NodeError(
          'NODE_PROVIDER',
          `the identity provider answered ${status} and told nothing about the user`,
        );
      }
      return attributesIn(json as Readonly<Record<string, unknown>>, configuration.attributes);
    },
  };
}

function attributesIn(told: Readonly<Record<string, unknown>>, names: readonly string[]): MemberAttributes {
  const attributes = new Map<string, string>();
  for (const name of names) {
    const value = Object.hasOwn(told, name) ? told[name] : undefined;
    if (typeof value === 'string') attributes.set(name, value);
  }
  return attributes;
}
