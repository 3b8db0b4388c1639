import type { Home, NamedIdentity } from '../../node/home/index.ts';
import type { CommandContext } from '../command.ts';

/** The identity a command acts as, made when there is none, which is told. */
export async function ownIdentity(
  { output }: CommandContext,
  home: Home,
  name: string | undefined,
): Promise<NamedIdentity> {
  const { ensureIdentity } = await import('../../node/identity/index.ts');
  return ensureIdentity(home, name, ({ name: made, identifier, isDefault }) => {
    output.ok(`Generated a new Identity named ${output.style.primary(made)}\n${identifier}`);
    if (isDefault) output.ok(`Marked ${output.style.primary(made)} as your default Identity, on this machine`);
  });
}
