/** Preloaded into a command (`node --import`): says, as it ends, what it has loaded. */
import { registerHooks } from 'node:module';
import path from 'node:path';

// Not by an import, which would load more of Node than the command does.
const { writeFileSync } = process.getBuiltinModule('node:fs');

/** What one process has loaded. */
export interface LoadedModules {
  readonly command: readonly string[];
  /** Files of the program and of packages, as addresses. */
  readonly files: readonly string[];
  /** Modules of Node, those inside of it too. */
  readonly builtins: readonly string[];
}

const folder = process.env['PERIGEE_TEST_LOADED'];
if (folder !== undefined) {
  const files: string[] = [];
  registerHooks({
    load: (address, context, next) => {
      files.push(address);
      return next(address, context);
    },
  });
  process.on('exit', () => {
    const { moduleLoadList } = process as typeof process & { readonly moduleLoadList: readonly string[] };
    const loaded: LoadedModules = { command: process.argv.slice(2), files, builtins: moduleLoadList };
    writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify(loaded));
  });
}
