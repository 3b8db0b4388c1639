/** What commands print of a space (`commands.md` §9.6). */
import type { Space } from '../../node/home/index.ts';
import type { Output } from '../output/output.ts';

/** A space as JSON: there are no accounts and no bills. */
export function spaceJson({ id, name }: Space): unknown {
  return { id, name, subscription: null, users: [] };
}

/** A space in lines. */
export function spaceLines({ resultStyle: style }: Output, { id, name, isDefault }: Space): readonly string[] {
  return [`Space ${style.primary(name)}${isDefault ? ' (default)' : ''}`, `Id: ${id}`, 'Users: -'];
}
