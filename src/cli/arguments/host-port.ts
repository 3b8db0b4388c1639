import { formatHostnamePort, parseHostnamePort } from '../../network/routing/index.ts';
import { InvalidValueError } from './invalid-value.ts';

/** The canonical text of `host:port`, or of a port alone (`commands.md` §6). @throws {InvalidValueError} */
export function canonicalHostPort(text: string): string {
  try {
    return formatHostnamePort(parseHostnamePort(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidValueError(`cannot parse the address as a socket address: ${why}`);
  }
}
