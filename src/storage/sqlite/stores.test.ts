import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { attributeStoreConformance } from '../../trust/credential/conformance.ts';
import { changeHistoryStoreConformance, purposeKeyStoreConformance } from '../../trust/identity/conformance.ts';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import { secretStoreConformance, vaultConformance } from '../../trust/vault/conformance.ts';
import { SoftwareVault } from '../../trust/vault/index.ts';
import {
  memberStoreConformance,
  revocationStoreConformance,
  tokenStoreConformance,
} from '../../project/authority/conformance.ts';
import { credentialStoreConformance } from '../../project/enrollment/conformance.ts';
import { type Database, openHome } from '../database/index.ts';
import {
  type SecretKeySource,
  SqliteAttributeStore,
  SqliteChangeHistoryStore,
  SqliteCredentialStore,
  SqliteMemberStore,
  SqlitePurposeKeyStore,
  SqliteRevocationStore,
  SqliteSecretStore,
  SqliteTokenStore,
} from './index.ts';

const home = mkdtempSync(path.join(tmpdir(), 'perigee-stores-'));
const open: Database[] = [];
after(() => {
  for (const database of open) database.close();
  rmSync(home, { recursive: true });
});

const database = openHome(path.join(home, 'shared'));
open.push(database);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
let count = 0;
/** Every store is alone in the one database: nothing of its neighbours is seen. */
const name = (): string => `n${count++}`;
const identifier = (): ReturnType<typeof identifierFromBytes> => identifierFromBytes(random(32));
/** A database of its own, for stores that know no owner and for sealed secrets. */
function fresh(): Database {
  const made = openHome(path.join(home, name()));
  open.push(made);
  return made;
}

changeHistoryStoreConformance('sqlite', async () => new SqliteChangeHistoryStore(fresh()));
purposeKeyStoreConformance('sqlite', async () => new SqlitePurposeKeyStore(fresh()));
attributeStoreConformance('sqlite', async () => new SqliteAttributeStore(database, name()));
credentialStoreConformance('sqlite', async () => new SqliteCredentialStore(database, name()));
memberStoreConformance('sqlite', async () => new SqliteMemberStore(database, identifier()));
tokenStoreConformance('sqlite', async () => new SqliteTokenStore(database, identifier()));
revocationStoreConformance('sqlite', async () => new SqliteRevocationStore(fresh()));
secretStoreConformance('sqlite', async () => new SqliteSecretStore({ database, vault: name(), random }));

const sealed = fresh();
const keyFile = path.join(home, 'key');
writeFileSync(keyFile, random(32), { mode: 0o600 });
const key = (): SecretKeySource => ({ kind: 'key-file', path: keyFile });
const sealedStore = (): SqliteSecretStore => new SqliteSecretStore({ database: sealed, vault: name(), random, key });
secretStoreConformance('sqlite, sealed', async () => sealedStore());
vaultConformance('software over sqlite, sealed', async () => new SoftwareVault({ random, store: sealedStore() }));
