import { encodeGrants } from '../../compute/capability/index.ts';
import { readGrantsFile } from '../function-host/grants-file.ts';

/** The ceiling that a file of the Sat's owner states, as it is recorded. @throws {NodeError} NODE_INPUT · {DirectiveError} */
export async function readCeiling(file: string): Promise<string> {
  return encodeGrants(await readGrantsFile(file, { ceiling: true }));
}
