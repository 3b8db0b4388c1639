import { CodedError } from '../kernel/index.ts';
import { CliError, EXIT } from './errors.ts';
import type { Style } from './style.ts';

/** The exit code of a failure (`commands.md` §3): wrong arguments, or anything else. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CliError && error.code === 'CLI_USAGE' ? EXIT.usage : EXIT.software;
}

/** Wrong arguments as the user sees them. */
export function renderUsageError(error: unknown): string {
  return `error: ${messageOf(error)}\n\nFor more information, try '--help'.\n`;
}

/** A failure as the user sees it: message, place, causes, remedy, code. */
export function renderError(error: unknown, style: Style): string {
  const lines = ['', `  ${style.failure('×')} ${indented(messageOf(error))}`];
  const causes = causesOf(error);
  causes.forEach((cause, i) => {
    lines.push(`  ${style.failure(i === causes.length - 1 ? '╰─▶' : '├─▶')} ${indented(messageOf(cause))}`);
  });
  if (error instanceof CodedError) {
    const place = [error, ...causes].find((one) => one instanceof CodedError && one.place !== undefined);
    if (place instanceof CodedError) lines.push(`    at ${place.place}`);
    const remedy = [error, ...causes].find((one) => one instanceof CodedError && one.remedy !== undefined);
    if (remedy instanceof CodedError) lines.push(`    ${style.info('help:')} ${remedy.remedy}`);
    lines.push(`    ${style.dim(`code: ${[...codesOf(error, causes)].join(' ← ')}`)}`);
  }
  return `${lines.join('\n')}\n`;
}

function* codesOf(error: CodedError, causes: readonly unknown[]): Generator<string> {
  yield error.code;
  for (const cause of causes) if (cause instanceof CodedError) yield cause.code;
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
  return text.replaceAll(/\p{Cc}/gu, (character) => (character === '\n' ? character : '�'));
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
