import { RELAY_PREFIX } from '../../../network/relay/index.ts';
import type { MultiAddr } from '../../../network/routing/index.ts';

/**
 * What does not answer when opening `way` has come as far as its part `at`, and what to do about it (`commands.md` §8.5). Whether a relay
 * is missing or its node lets nobody in cannot be told apart from outside: neither answers.
 * @returns undefined when every part was opened
 */
export function unreached(way: MultiAddr, at: number): string | undefined {
  const part = way[at];
  if (part === undefined) return undefined;
  const project = way[0]?.protocol === 'project' ? way[0].value : undefined;
  if (part.protocol === 'project') {
    return `the project ${part.value} does not answer; see that its node runs, with 'perigee project show ${part.value}' where it is hosted`;
  }
  const before = way[at - 1];
  if (part.protocol === 'secure' && before?.protocol === 'service' && before.value.startsWith(RELAY_PREFIX)) {
    const relay = before.value.slice(RELAY_PREFIX.length);
    const where = project === undefined ? 'there' : `in the project ${project}`;
    return (
      `nothing answers behind the relay ${relay} ${where}: no running node has made one of that name, or it does not let this one in; ` +
      `make it with 'perigee relay create ${relay}' at the outlet's node, or name another one with --via`
    );
  }
  return `/${part.protocol}/${part.value} does not answer; see that the node there runs and lets this one in`;
}
