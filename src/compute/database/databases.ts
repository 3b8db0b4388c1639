/** The databases of a host: pools of connections, opened when a function first needs them, each to an address that was checked. */
import { type Clock, type CodedError, quoted } from '../../kernel/index.ts';
import type { DatabasePlace, DatabaseProvider } from '../capability/index.ts';
import { createGate, type Dialer, EgressError, parseTarget, rulesKey } from '../egress/index.ts';
import { parseConnectionString } from './connection-string.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Connect, Dial } from './contract.ts';
import { DatabaseError } from './errors.ts';
import { DEFAULT_DATABASE_LIMITS, type DatabaseLimits } from './limits.ts';

/** What a host's databases are made of. */
export interface DatabasesOptions {
  readonly clock: Clock;
  /** Resolves names once and connects to addresses that a gate has passed. */
  readonly dialer: Dialer;
  readonly limits?: Partial<DatabaseLimits>;
  /** Told of what went wrong when nobody waits for it any more. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

/** To be closed. */
export class Databases implements DatabaseProvider, AsyncDisposable {
  readonly #options: DatabasesOptions;
  readonly #limits: DatabaseLimits;
  /** By connection string and rules; the one used longest ago comes first. */
  readonly #pools = new Map<string, ConnectionPool>();
  /** Pools that are no longer used, until nothing of them is left. */
  readonly #retired = new Set<ConnectionPool>();
  #closed = false;

  constructor(options: DatabasesOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_DATABASE_LIMITS, ...options.limits };
  }

  /**
   * Runs `query` on the database of `place`. Arrow, since it is handed on as a provider.
   * @throws {DatabaseError | EgressError} whose texts hold neither values nor the password
   */
  readonly execute: DatabaseProvider['execute'] = async (place, query, variables, signal) => {
    if (this.#closed) throw new DatabaseError('DATABASE_CLOSED', 'the host of the function has been closed');
    return this.#pool(place).use(signal, (connection) => connection.run(query, variables));
  };

  /** Ends every connection; statements that run are stopped. */
  async close(): Promise<void> {
    this.#closed = true;
    const pools = [...this.#pools.values(), ...this.#retired];
    this.#pools.clear();
    this.#retired.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  /** As {@link Databases.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pool(place: DatabasePlace): ConnectionPool {
    const key = JSON.stringify([place.type, place.connectionString, rulesKey(place.rules)]);
    const pool = this.#pools.get(key) ?? this.#create(place);
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    const [oldest] = this.#pools;
    if (this.#pools.size > this.#limits.pools && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      oldest[1].retire();
      for (const retired of this.#retired) if (retired.places === 0) this.#retired.delete(retired);
      this.#retired.add(oldest[1]);
    }
    return pool;
  }

  /** @throws {DatabaseError} DATABASE_CONNECTION_STRING · {EgressError} EGRESS_REFUSED */
  #create({ type, connectionString, rules }: DatabasePlace): ConnectionPool {
    const { clock, dialer, onTrouble = () => undefined } = this.#options;
    const settings = parseConnectionString(type, connectionString);
    const gate = createGate(rules);
    const { host, port } = settings;
    const target = parseTarget(`https://${host.includes(':') ? `[${host}]` : host}:${port}/`);
    // Whether TLS is used is the connection string's to say; here it is about place and port.
    const verdict = target && gate.checkTarget(target);
    if (verdict?.allowed !== true) {
      throw refused(`${host}:${port}`, verdict?.detail);
    }
    const dial: Dial = async (name, port, signal) => {
      try {
        return await dialer.dial(name, port, { signal, tls: false, gate, caller: `database ${host}:${port}` });
      } catch (error) {
        throw error instanceof EgressError && error.code === 'EGRESS_REFUSED' ? refused(host, error.detail) : error;
      }
    };
    return new ConnectionPool({
      clock,
      limits: this.#limits,
      open: async (signal) => {
        const connect = await connectorOf(type);
        return connect({ settings, dial, limits: this.#limits, signal });
      },
      onTrouble,
    });
  }
}

const REMEDY = 'allow it with db.rules, in the Directive and in the grants of the Sat';

/** Says what the log needs: a gate's own text is for guests. */
function refused(place: string, detail = 'it is no address'): CodedError {
  const text = `the database may not be at ${quoted(place)}: ${detail}`;
  return new EgressError('EGRESS_REFUSED', text, { detail, remedy: REMEDY });
}

async function connectorOf(type: DatabasePlace['type']): Promise<Connect> {
  if (type === 'mysql') return (await import('./mysql/index.ts')).connectMysql;
  return (await import('./postgresql/index.ts')).connectPostgresql;
}
