/** Errors of this folder. */
import { CodedError } from '../../kernel/index.ts';

/** Raised when a bundle cannot be read or written; `cause` holds the finding of the layer below. */
export class BundleError extends CodedError<
  | 'BUNDLE_ENTRY_CORRUPT'
  | 'BUNDLE_ENTRY_DUPLICATE'
  | 'BUNDLE_ENTRY_KIND'
  | 'BUNDLE_ENTRY_NAME'
  | 'BUNDLE_MANIFEST_AMBIGUOUS'
  | 'BUNDLE_MANIFEST_INVALID'
  | 'BUNDLE_MANIFEST_MISSING'
  | 'BUNDLE_MODULE_REF'
  | 'BUNDLE_MODULE_UNLISTED'
  | 'BUNDLE_TOO_LARGE'
  | 'BUNDLE_ZIP'
> {}
