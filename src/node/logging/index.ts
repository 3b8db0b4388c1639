/**
 * Where log records go, and as what they are written.
 *
 * Specification: `docs/commands.md` §2.1, §7.4 · layer 5.
 * Read: setup.ts, warning-limit.ts; the files are in `log-files/`.
 * Invariants: rooms know nothing of this, they only say; no record is larger than a line of 16 KiB, and no kind of
 * warning fills the log.
 * Tests: logging.test.ts.
 */
export { type LogLevelName, type LogSetup, recordText, setUpLogging } from './setup.ts';
