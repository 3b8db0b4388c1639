import { memberStoreConformance, revocationStoreConformance, tokenStoreConformance } from './conformance.ts';
import { MemoryMemberStore, MemoryRevocationStore, MemoryTokenStore } from './index.ts';

memberStoreConformance('memory', async () => new MemoryMemberStore());
tokenStoreConformance('memory', async () => new MemoryTokenStore());
revocationStoreConformance('memory', async () => new MemoryRevocationStore());
