import type { Database } from '../../storage/database/index.ts';

/** A kind of thing that comes back when its node starts again. */
export type ResourceKind =
  | 'tcp-inlet'
  | 'tcp-outlet'
  | 'relay'
  | 'secure-channel-listener'
  | 'tcp-listener'
  | 'service';

/** Something that a node had when it was last seen. */
export interface ResourceRecord<C> {
  readonly name: string;
  /** What it was created with; JSON. */
  readonly configuration: C;
}

/** What one node is to have again after a start. */
export class ResourceStore {
  readonly #database: Database;
  readonly #node: string;

  constructor(database: Database, node: string) {
    this.#database = database;
    this.#node = node;
  }

  /** By name. `C` is what was put. */
  list<C>(kind: ResourceKind): readonly ResourceRecord<C>[] {
    return this.#database
      .all('SELECT name, configuration FROM node_resource WHERE node = ? AND kind = ? ORDER BY name', this.#node, kind)
      .map((row) => ({
        name: row.text('name'),
        configuration: row.parsed('configuration', (text) => JSON.parse(text) as C),
      }));
  }

  /** Records it, in place of one of its name. */
  put(kind: ResourceKind, name: string, configuration: unknown): void {
    this.#database.run(
      'INSERT OR REPLACE INTO node_resource (node, kind, name, configuration) VALUES (?, ?, ?, ?)',
      this.#node,
      kind,
      name,
      JSON.stringify(configuration),
    );
  }

  delete(kind: ResourceKind, name: string): void {
    this.#database.run('DELETE FROM node_resource WHERE node = ? AND kind = ? AND name = ?', this.#node, kind, name);
  }
}
