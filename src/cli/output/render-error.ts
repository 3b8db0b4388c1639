import { CodedError } from '../../kernel/errors/index.ts';
import { exitCodeFor, hintFor, kindOf } from './outcomes.ts';
import type { Style } from './style.ts';
import { VERSION } from '../version.ts';

/** The exit code of a failure (`commands.md` §3). */
export function exitCodeOf(error: unknown): number {
  return exitCodeFor(error instanceof CodedError ? error.code : undefined);
}

/** Wrong arguments as the user sees them. */
export function renderUsageError(error: unknown): string {
  return `error: ${messageOf(error)}\n\nFor more information, try '--help'.\n`;
}

/** A failure as the user sees it: message, place, causes, remedy, codes, version (`commands.md` §3). */
export function renderError(error: unknown, style: Style): string {
  const lines = ['', `  ${style.failure('×')} ${indented(messageOf(error))}`];
  const causes = causesOf(error);
  const told = news(messageOf(error), causes.map(messageOf));
  told.forEach((text, i) => lines.push(`  ${style.failure(i === told.length - 1 ? '╰─▶' : '├─▶')} ${indented(text)}`));
  if (error instanceof CodedError) {
    const place = [error, ...causes].find((one) => one instanceof CodedError && one.place !== undefined);
    if (place instanceof CodedError) lines.push(`    at ${place.place}`);
    const remedy = remedyOf([error, ...causes]);
    if (remedy !== undefined) lines.push(`    ${style.info('help:')} ${remedy}`);
    lines.push(`    ${style.dim(`code: ${codesOf(error, causes).join(' ← ')}`)}`);
  }
  const codes = error instanceof CodedError ? codesOf(error, causes) : [];
  lines.push(`    ${style.dim(`Error code: PGE${kindOf(codes)}, version: ${VERSION}`)}`);
  return `${lines.join('\n')}\n`;
}

/** Of these `docs/errors.md` can only say that the message says it. */
const SAID_BY_MESSAGE: ReadonlySet<string> = new Set([
  'CLI_FAILED',
  'CLI_INTERRUPTED',
  'CLI_NOT_CONFIRMED',
  'NODE_INPUT',
]);

/** What one of the errors says itself; else what is known about their codes, the innermost first; else where that one is looked up. */
function remedyOf(errors: readonly unknown[]): string | undefined {
  const coded = errors.filter((one) => one instanceof CodedError);
  const known =
    coded.find(({ remedy }) => remedy !== undefined)?.remedy ??
    coded.map(({ code }) => hintFor(code)).findLast((hint) => hint !== undefined);
  const innermost = coded.at(-1)?.code;
  if (known !== undefined || innermost === undefined || SAID_BY_MESSAGE.has(innermost)) return known;
  return `docs/errors.md says what to do about ${innermost}`;
}

/** What the causes say beyond `message`: whoever passes on an error that a person is to read ends with its words. */
function news(message: string, causes: readonly string[]): readonly string[] {
  let last = message;
  return causes.filter((text) => {
    if (last.endsWith(text)) return false;
    last = text;
    return true;
  });
}

function codesOf(error: CodedError, causes: readonly unknown[]): readonly string[] {
  return [error, ...causes].filter((one) => one instanceof CodedError).map(({ code }) => code);
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = (error as { cause?: unknown } | undefined)?.cause; cause !== undefined && causes.length < 8; ) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** Control characters of what others said must not reach the terminal. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\p{Cc}/gu, (character) => (character === '\n' ? character : character === '\t' ? '  ' : '�'));
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
