/** Filling the environment into grants, at the gateway. */
import { deepFreeze, type Grants } from './grants.ts';
import type { CapabilityConnections } from './parse.ts';
import { type EnvironmentProvider, resolveSetting, type Setting } from './setting.ts';

/** Names of the environment variables that `grants` and `connections` refer to, each once. */
export function environmentNames(grants: Grants, connections: CapabilityConnections = {}): readonly string[] {
  const { redis, database } = connections;
  const settings: (Setting | undefined)[] = [
    ...grants.auth.headers.map(({ value }) => value),
    redis?.serverAddress,
    redis?.username,
    redis?.password,
    database?.connectionString,
    grants.database.connection?.connectionString,
  ];
  return [...new Set(settings.flatMap((setting) => (setting !== undefined && 'env' in setting ? [setting.env] : [])))];
}

/** `grants` with every variable replaced by its value; one that is missing or not allowed leaves an empty text. */
export async function substituteEnvironment(
  grants: Grants,
  environment: EnvironmentProvider,
  signal: AbortSignal,
): Promise<Grants> {
  const headers = await Promise.all(
    grants.auth.headers.map(async (header) => ({
      ...header,
      value: { text: await resolveSetting(header.value, environment, signal) },
    })),
  );
  const { connection } = grants.database;
  const database = connection && {
    ...grants.database,
    connection: {
      ...connection,
      connectionString: { text: await resolveSetting(connection.connectionString, environment, signal) },
    },
  };
  return deepFreeze({ ...grants, auth: { ...grants.auth, headers }, ...(database && { database }) });
}
