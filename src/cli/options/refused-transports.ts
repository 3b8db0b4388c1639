/** Flags of portals of the reference that mean transports this program does not have (`commands.md` §8.5). */
import { type Command, Option } from 'commander';
import { type Environment, setting } from '../environment.ts';
import { CliError } from '../errors.ts';

/** Values of the options that {@link transportOptions} declares. */
export type TransportOptions = { readonly ebpf?: true; readonly udp?: true };

/** Declares the flags. */
export function transportOptions(leaf: Command): Command {
  return leaf
    .addOption(new Option('--ebpf', 'refused: there are no eBPF portals').hideHelp())
    .addOption(new Option('--udp', 'refused: there are no UDP portals').hideHelp());
}

/**
 * What was asked for is done or refused, never left out in silence: `EBPF` counts as the flag.
 * @throws {CliError} CLI_FAILED
 */
export function refuseTransports(environment: Environment, { ebpf, udp }: TransportOptions): void {
  const wanted = setting(environment, 'EBPF');
  // The words for no are those of the reference; anything else is a yes.
  if (ebpf === true || (wanted !== undefined && !/^(n|no|f|false|off|0)$/i.test(wanted))) {
    throw new CliError('CLI_FAILED', 'eBPF portals are not available', {
      remedy: 'leave --ebpf out, and unset PERIGEE_EBPF and OCKAM_EBPF: portals here need no privileges',
    });
  }
  if (udp === true) {
    throw new CliError('CLI_FAILED', 'UDP portals are not available', {
      remedy: 'use a relay: without UDP nothing is asked of PERIGEE_RENDEZVOUS_SERVER',
    });
  }
}
