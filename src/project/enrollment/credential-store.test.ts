import { credentialStoreConformance } from './conformance.ts';
import { MemoryCredentialStore } from './index.ts';

credentialStoreConformance('memory', async () => new MemoryCredentialStore());
