/** How much a bundle may hold. */

/** Bounds of one bundle; sizes in bytes. */
export interface BundleLimits {
  /** The bundle itself. */
  readonly maxBundleBytes: number;
  readonly maxEntries: number;
  /** One module or static file, unpacked. */
  readonly maxEntryBytes: number;
  readonly maxManifestBytes: number;
  /** All entries, unpacked. */
  readonly maxTotalBytes: number;
  /** Unpacked size divided by packed size; only for entries above 1 MiB, since small ones can do no harm. */
  readonly maxRatio: number;
}

/** Generous for real applications (debug builds of modules are around 2 MiB), harmless for the host. */
export const DEFAULT_BUNDLE_LIMITS: BundleLimits = Object.freeze({
  maxBundleBytes: 256 * 1024 * 1024,
  maxEntries: 16_384,
  maxEntryBytes: 64 * 1024 * 1024,
  maxManifestBytes: 512 * 1024,
  maxTotalBytes: 512 * 1024 * 1024,
  maxRatio: 200,
});
