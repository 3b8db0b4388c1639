import type { Entry } from '../command.ts';
import type { Environment } from '../environment.ts';
import { candidatesFor } from './candidates.ts';
import type { NamesOf } from './names.ts';

/**
 * What `__complete SHELL -- WORD...` prints: one candidate a line, with a tab and its meaning where the shell shows it.
 * @param argv the arguments behind `__complete`.
 */
export async function completionAnswer(
  argv: readonly string[],
  { entries, environment }: { readonly entries: readonly Entry[]; readonly environment: Environment },
): Promise<string> {
  const [shell = '', , ...given] = argv;
  const { words, prefix } = wordsOf(shell, given);
  // Most questions are about words of the program itself; the home is opened for the others.
  const names: NamesOf = async (kind, at) => (await import('./names.ts')).namesOfHome(environment)(kind, at);
  const candidates = await candidatesFor(words, { entries, names });
  return candidates
    .filter(({ value }) => value.startsWith(prefix))
    .map(({ value, meaning }) => {
      const text = value.slice(prefix.length);
      return meaning === undefined || shell === 'bash' ? `${text}\n` : `${text}\t${meaning.replaceAll(/\s+/g, ' ')}\n`;
    })
    .join('');
}

/** Undoes what shells do to words. @returns `prefix` is what the shell keeps of the last word. */
function wordsOf(
  shell: string,
  given: readonly string[],
): { readonly words: readonly string[]; readonly prefix: string } {
  if (shell === 'powershell')
    return { words: [...given.slice(0, -1), (given.at(-1) ?? '').replace(/^=/, '')], prefix: '' };
  if (shell !== 'bash') return { words: given, prefix: '' };
  // To bash an equals sign is a word of its own.
  const words: string[] = [];
  let prefix = '';
  for (const [i, word] of given.entries()) {
    const last = words.at(-1);
    const joins =
      last !== undefined && last.startsWith('--') && (word === '=' || (given[i - 1] === '=' && last.endsWith('=')));
    prefix = joins ? (word === '=' ? `${last}=` : last) : '';
    if (joins) words[words.length - 1] = last + word;
    else words.push(word);
  }
  return { words, prefix };
}
