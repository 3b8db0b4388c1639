/** All cases. */
import type { Unit } from './case.ts';
import { capabilityUnits } from './cases/capabilities.ts';
import { fieldUnits } from './cases/fields.ts';
import { languageUnits } from './cases/languages.ts';
import { olderUnits } from './cases/older.ts';
import { resultUnits } from './cases/results.ts';
import { TOOLCHAIN_UNITS } from './cases/toolchains.ts';
import type { World } from './outside.ts';

/** Every unit, for a world that its guests know. */
export function table(world: World): readonly Unit[] {
  return [
    ...resultUnits(world),
    ...fieldUnits(world),
    ...capabilityUnits(world),
    ...olderUnits(world),
    ...TOOLCHAIN_UNITS,
    ...languageUnits(world),
  ];
}
