/**
 * Log files of nodes and commands: written with rotation and bounds, and found again.
 *
 * Specification: `docs/commands.md` §2.1, §7.4 · layer 5.
 * Read: rotating-file.ts.
 * Invariants: files are bounded in size and number, and readable by their owner only. Apart from `logging/`, since a command that
 * only names a log is not to load what writes records (`docs/hardening.md` §6).
 * Tests: ../logging/logging.test.ts.
 */
export { newestLog, RotatingFile, type RotatingFileOptions } from './rotating-file.ts';
