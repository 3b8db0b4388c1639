/** One PostgreSQL for the whole suite, and a schema of it for each world. */
import { Client } from 'pg';
import { ACCOUNT, startPostgresql, whyNoPostgresql } from '../support/database-servers.ts';

/** A database of a world: a table `t` with two rows. */
export interface WorldDatabase {
  readonly connectionString: string;
  readonly port: number;
}

/** Makes databases. */
export interface ConformanceDatabases {
  readonly create: () => Promise<WorldDatabase>;
  readonly close: () => Promise<void>;
}

/** Starts the server; undefined where it is not installed. */
export async function openDatabases(): Promise<ConformanceDatabases | undefined> {
  if (whyNoPostgresql !== false) return undefined;
  const server = await startPostgresql();
  const { port } = server;
  const client = new Client({ ...ACCOUNT, host: '127.0.0.1', port });
  await client.connect();
  let created = 0;
  return {
    create: async () => {
      const schema = `world${++created}`;
      await client.query(
        `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.t (a text, b text); ` +
          `INSERT INTO ${schema}.t VALUES ('first', NULL), ('second', NULL)`,
      );
      const account = `${ACCOUNT.user}:${encodeURIComponent(ACCOUNT.password)}`;
      const place = `127.0.0.1:${port}/${ACCOUNT.database}`;
      return { connectionString: `postgresql://${account}@${place}?search_path=${schema}`, port };
    },
    close: async () => {
      await client.end();
      await server[Symbol.asyncDispose]();
    },
  };
}
