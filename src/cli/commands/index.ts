import type { CommandGroup } from '../command.ts';

/** Every command: noun, verb, one line of help, and the file that has it. */
export const GROUPS: readonly CommandGroup[] = [];
