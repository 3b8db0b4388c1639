/** What the commands about members of a project have in common (`commands.md` §9.4). */
import type { Command } from 'commander';
import type { MemberEntry } from '../../project/authority/index.ts';
import type { AuthoritySession } from '../../project/enrollment/index.ts';
import type { ProjectRecord } from '../../node/home/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { CommandContext } from '../command.ts';
import { withHome } from '../home.ts';
import { ownIdentity } from '../options/own-identity.ts';

export type MemberOptions = { readonly projectName?: string | undefined; readonly identity?: string | undefined };

/** Declares the options that all of them have. */
export function memberOptions(leaf: Command): Command {
  return leaf
    .option('-p, --project-name <NAME>', 'the project; the default one unless given')
    .option('--identity <NAME>', 'identity that asks, an enroller; the default one unless given');
}

/** Lets `use` talk to the authority of the chosen project. @param use is also told who asks. */
export function withMembers<T>(
  context: CommandContext,
  { projectName, identity: name }: MemberOptions,
  use: (session: AuthoritySession, project: ProjectRecord, asking: Identifier) => Promise<T>,
): Promise<T> {
  return withHome(context, async (home) => {
    const [{ atAuthority }, { defaultTimeoutMs }] = await Promise.all([
      import('../../node/project/index.ts'),
      import('../options/default-timeout.ts'),
    ]);
    const project = home.projects.get(projectName);
    const identity = await ownIdentity(context, home, name);
    const timeoutMs = defaultTimeoutMs(context.environment);
    using _progress = context.output.spinner('Talking to the authority of the project');
    return await atAuthority(
      home,
      { project, identity: identity.identifier, timeoutMs, signal: context.signal },
      (session) => use(session, project, identity.identifier),
    );
  });
}

/** A member as JSON. */
export function memberJson(
  identifier: string,
  { attributes, addedAtSeconds, expiresAtSeconds, attestedBy }: MemberEntry,
): unknown {
  return {
    attributes: {
      added_at: addedAtSeconds,
      attested_by: attestedBy ?? null,
      attributes: Object.fromEntries(attributes),
      expires_at: expiresAtSeconds ?? null,
    },
    identifier,
  };
}

/** A member in lines. */
export function memberLines(
  identifier: string,
  { attributes, addedAtSeconds, expiresAtSeconds, attestedBy }: MemberEntry,
): readonly string[] {
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return [
    identifier,
    attributes.size === 0
      ? 'Has no attributes'
      : `With attributes: ${[...attributes].map(([key, value]) => `${key}=${value}`).join(', ')}`,
    `Added at: ${time(addedAtSeconds)}`,
    ...(expiresAtSeconds === undefined ? [] : [`Expires at: ${time(expiresAtSeconds)}`]),
    ...(attestedBy === undefined ? [] : [`Attested by: ${attestedBy}`]),
  ];
}
