/** Project folders for tests. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that goes when the test ends. */
export interface TemporaryProject extends AsyncDisposable {
  readonly directory: string;
  readonly write: (name: string, content: string | Uint8Array) => Promise<void>;
}

/** A folder in the system's place for temporary files, filled with `files` by relative name. */
export async function temporaryProject(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<TemporaryProject> {
  const directory = await mkdtemp(path.join(tmpdir(), 'perigee-project-'));
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  };
  for (const [name, content] of Object.entries(files)) await write(name, content);
  return { directory, write, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** A program that is found under `name` when the folder it is in is the search path. */
export async function standIn(project: TemporaryProject, name: string, script: string): Promise<void> {
  await project.write(name, `#!${process.execPath}\n${script}`);
  await chmod(path.join(project.directory, name), 0o755);
}
