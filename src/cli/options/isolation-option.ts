import { Option } from 'commander';

export type { Isolation } from '../../node/isolation/index.ts';

/** `--isolation`, as `sat run`, `sat create` and `sat join` have it (`sandbox.md` §8). */
export function isolationOption(): Option {
  return new Option(
    '--isolation <KIND>',
    'run functions in threads of this process (default), or in processes of their own without rights, one for each application',
  ).choices(['threads', 'processes']);
}
