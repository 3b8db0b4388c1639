import { Option } from 'commander';
import { checkAs } from './late-check.ts';

/** An option that may be given more than once; its values become a list. */
export class RepeatableOption extends Option {
  constructor(flags: string, description: string, check: (text: string) => string = (text) => text) {
    super(flags, `${description} (may be repeated)`);
    const append = (text: string, sofar: readonly string[] | undefined): readonly string[] => [
      ...(sofar ?? []),
      check(text),
    ];
    checkAs(append, check);
    this.argParser(append);
  }
}
