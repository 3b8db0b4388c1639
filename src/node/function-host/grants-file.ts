import { type Grants, NO_GRANTS, parseCapabilities } from '../../compute/capability/index.ts';
import { fromUtf8, quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { readUserFile } from '../user-files/index.ts';

/** Ours: far beyond any text that a person writes. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * The grants that a file states.
 * @param kind `ceiling`: over what a Sat allows by default; otherwise over nothing, or over the reference's defaults.
 * @throws {NodeError} NODE_INPUT; {DirectiveError} DIRECTIVE_INVALID with every finding
 */
export async function readGrantsFile(
  file: string,
  kind: { readonly ceiling: boolean; readonly compat?: 'suborbital' | undefined },
): Promise<Grants> {
  let text: string;
  try {
    text = fromUtf8(await readUserFile(file, MAX_FILE_BYTES));
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('NODE_INPUT', `cannot read ${quoted(file)}`, {
      cause,
      remedy: 'check the path, and that the file is a text that may be read',
    });
  }
  // Loaded when it is needed: reading YAML is a good part of the program.
  const { checkCapabilityFile, checkCeilingFile, DirectiveError } = await import('../../compute/directive/index.ts');
  const checked = kind.ceiling ? checkCeilingFile(text, file) : checkCapabilityFile(text, file, kind.compat);
  if (checked.capabilities === undefined) throw DirectiveError.ofProblems(checked.problems);
  return checked.capabilities.grants;
}

/** What a function may do when nobody said anything: log and read its request, or what the reference allows. */
export function defaultGrants(compat: 'suborbital' | undefined): Grants {
  const parsed = parseCapabilities({}, compat === undefined ? {} : { compat });
  return parsed.ok ? parsed.grants : NO_GRANTS;
}
