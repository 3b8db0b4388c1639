/** The drivers are optional packages, and are loaded when a function first needs a database. */
import { hasCode } from '../../kernel/index.ts';
import { DatabaseError } from './errors.ts';

/**
 * The package that `load` imports.
 * @throws {DatabaseError} DATABASE_DRIVER_MISSING
 */
export async function loadDriver<T>(name: 'pg' | 'mysql2', load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!hasCode(cause, 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new DatabaseError('DATABASE_DRIVER_MISSING', `the package ${name} is not installed`, {
      cause,
      remedy: `npm install ${name}, in the folder or with --global as perigee itself was installed`,
    });
  }
}
