import { changeHistoryStoreConformance, purposeKeyStoreConformance } from './conformance.ts';
import { MemoryChangeHistoryStore, MemoryPurposeKeyStore } from './store.ts';

changeHistoryStoreConformance('memory', async () => new MemoryChangeHistoryStore());
purposeKeyStoreConformance('memory', async () => new MemoryPurposeKeyStore());
