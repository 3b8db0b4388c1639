import { memberStoreConformance, tokenStoreConformance } from './conformance.ts';
import { MemoryMemberStore, MemoryTokenStore } from './index.ts';

memberStoreConformance('memory', async () => new MemoryMemberStore());
tokenStoreConformance('memory', async () => new MemoryTokenStore());
