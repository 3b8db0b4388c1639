/**
 * Bundles: one ZIP file with a manifest, WebAssembly modules and static files.
 *
 * Specification: docs/protocol/bundle.md. Layer 2, works on bytes in memory, opens no files.
 * Read: read.ts (what a bundle is), unzip.ts (bounds), write.ts.
 * Invariants: nothing is unpacked before every name, kind and size is checked; a module is known by the SHA-256 of its
 * bytes; the same contents give the same bytes.
 * Tests: hostile archives in unzip.test.ts, both kinds of manifest in read.test.ts, time zones in write.test.ts.
 */
export { normalizeStaticName } from './entry-name.ts';
export { BundleError } from './errors.ts';
export { type BundleLimits, DEFAULT_BUNDLE_LIMITS } from './limits.ts';
export {
  type Bundle,
  type BundleModule,
  type BundleOptions,
  MANIFEST_NAMES,
  manifestProblems,
  moduleOf,
  readBundle,
  staticFile,
} from './read.ts';
export { type BundleContents, writeBundle } from './write.ts';
