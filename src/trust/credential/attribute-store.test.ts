import { MemoryAttributeStore } from './attribute-store.ts';
import { attributeStoreConformance } from './conformance.ts';

attributeStoreConformance('memory', async () => new MemoryAttributeStore());
