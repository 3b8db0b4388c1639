/** Flags of portals of the reference that mean what this program does not have (`commands.md` §8.5). */
import { type Command, Option } from 'commander';
import { type Environment, setting } from '../environment.ts';
import { CliError } from '../errors.ts';

/** Values of the options that {@link transportOptions} declares. */
export type TransportOptions = { readonly ebpf?: true; readonly udp?: true };

/** Values of the options that {@link inletTransportOptions} declares. */
export type InletTransportOptions = TransportOptions & {
  readonly enableUdpPuncture?: true;
  /** False with `--no-tcp-fallback`. */
  readonly tcpFallback?: boolean;
  readonly disableTcpFallback?: true;
  readonly tls?: true;
  readonly tlsCertificateProvider?: string;
};

/** Declares the flags of all portals. */
export function transportOptions(leaf: Command): Command {
  return leaf
    .addOption(new Option('--ebpf', 'refused: there are no eBPF portals').hideHelp())
    .addOption(new Option('--udp', 'refused: there are no UDP portals').hideHelp());
}

/** Declares those, and the ones that only inlets have. */
export function inletTransportOptions(leaf: Command): Command {
  return transportOptions(leaf)
    .addOption(new Option('--enable-udp-puncture', 'the same as --udp').hideHelp())
    .addOption(new Option('--no-tcp-fallback', 'refused: there is nothing but TCP').hideHelp())
    .addOption(new Option('--disable-tcp-fallback', 'the same').hideHelp())
    .addOption(new Option('--tls', 'refused: inlets do not speak TLS to applications').hideHelp())
    .addOption(new Option('--tls-certificate-provider <ROUTE>', 'refused, as --tls').hideHelp());
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

/**
 * {@link refuseTransports}, with what only inlets could be asked for; the `--tls` of outlets is another one, which they have.
 * @throws {CliError} CLI_FAILED
 */
export function refuseInletTransports(environment: Environment, options: InletTransportOptions): void {
  const { ebpf, udp, enableUdpPuncture, tcpFallback, disableTcpFallback, tls, tlsCertificateProvider } = options;
  const wantsUdp = udp === true || enableUdpPuncture === true || tcpFallback === false || disableTcpFallback === true;
  refuseTransports(environment, { ...(ebpf && { ebpf }), ...(wantsUdp && { udp: true }) });
  if (tls === true || tlsCertificateProvider !== undefined) {
    throw new CliError('CLI_FAILED', 'inlets that speak TLS to applications are not available', {
      remedy: 'leave --tls and --tls-certificate-provider out: from the inlet on everything is encrypted anyway',
    });
  }
}
