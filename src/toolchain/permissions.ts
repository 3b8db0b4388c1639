/** What one function of an application may do: the application's grants, without what its module never asks for. */
import type { GuestProfile } from '../compute/abi/index.ts';
import { describeGrants, type Grants } from '../compute/capability/index.ts';

/** What the module behind `profile` may do under `grants`, one sentence a line; it has no import for anything else. */
export function describePermissions(grants: Grants, profile: Pick<GuestProfile, 'env'>): readonly string[] {
  return describeGrants(withoutUnused(grants, profile));
}

function withoutUnused(grants: Grants, { env }: Pick<GuestProfile, 'env'>): Grants {
  const names = new Set(env.map(({ target }) => target.slice(0, target.indexOf('/'))));
  const uses = (...wanted: readonly string[]): boolean => wanted.some((name) => names.has(name));
  const { logger, http, graphql, cache, file, database, requestHandler, secrets } = grants;
  return {
    ...grants,
    logger: { enabled: logger.enabled && uses('log_msg', 'print') },
    http: { ...http, enabled: http.enabled && uses('fetch_url', 'fetch') },
    graphql: { ...graphql, enabled: graphql.enabled && uses('graphql_query') },
    cache: {
      ...cache,
      allowGet: cache.allowGet && uses('cache_get'),
      allowSet: cache.allowSet && uses('cache_set'),
    },
    file: { enabled: file.enabled && uses('get_static_file') },
    database: { ...database, enabled: database.enabled && uses('db_exec') },
    requestHandler: {
      enabled: requestHandler.enabled && uses('request_get_field', 'request_set_field', 'resp_set_header'),
      allowGetField: requestHandler.allowGetField && uses('request_get_field'),
      allowSetField: requestHandler.allowSetField && uses('request_set_field'),
    },
    secrets: { ...secrets, enabled: secrets.enabled && uses('get_secret_value') },
  };
}
