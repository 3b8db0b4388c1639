/**
 * Where log records go: files of a node with rotation and bounds, or a stream.
 *
 * Specification: `docs/commands.md` §2.1, §7.4 · layer 5.
 * Read: setup.ts, warning-limit.ts, rotating-file.ts.
 * Invariants: rooms know nothing of this, they only say; no record is larger than a line of 16 KiB, and no kind of
 * warning fills the log; files are bounded in size
 * and number, and readable by their owner only.
 * Tests: logging.test.ts.
 */
export { type LogLevelName, type LogSetup, recordText, setUpLogging } from './setup.ts';
export { newestLog, RotatingFile, type RotatingFileOptions } from './rotating-file.ts';
