'use strict';
// What a process that stays is started with (docs/hardening.md §5.1). Plain JavaScript that any Node from 20 on understands.

const os = require('node:os');

/** Threads of the engine for compiling and collecting when nobody says otherwise. */
const DEFAULT_POOL = 4;

/** Flags of Node, before the script, and variables, for those that are not set. */
exports.engineSettings = function engineSettings() {
  return {
    flags: [
      '--max-semi-space-size=8',
      '--expose-gc',
      `--v8-pool-size=${Math.min(DEFAULT_POOL, os.availableParallelism())}`,
    ],
    environment: { MALLOC_ARENA_MAX: '2' },
  };
};
