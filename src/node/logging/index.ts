/**
 * Where log records go: files of a node with rotation and bounds, or a stream.
 *
 * Specification: `docs/commands.md` §2.1, §7.4 · layer 5.
 * Read: setup.ts, rotating-file.ts.
 * Invariants: rooms know nothing of this, they only say; no record is larger than a line of 16 KiB; files are bounded in size
 * and number, and readable by their owner only.
 * Tests: logging.test.ts.
 */
export { type LogLevelName, type LogSetup, setUpLogging } from './setup.ts';
export { newestLog, RotatingFile, type RotatingFileOptions } from './rotating-file.ts';
