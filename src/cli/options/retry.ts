/** Trying again what may work later (`commands.md` §6.3). */
import type { Command } from 'commander';
import { CodedError } from '../../kernel/errors/index.ts';
import type { CommandContext } from '../command.ts';
import { setting } from '../environment.ts';
import { durationMs, wholeNumber } from '../arguments/values.ts';

/** Values of the options that {@link retryOptions} declares. */
export type RetryOptions = {
  readonly retryCount?: number;
  /** The other spelling of the count; false for `--no-retry`. */
  readonly retry?: number | false;
  readonly retryDelay?: number;
};

/** Specification: what is meant when only the other one is given. */
const DEFAULT_ATTEMPTS = 3;
const DEFAULT_DELAY_MS = 5000;
/** Specification: the most that chance adds to a delay, milliseconds. */
const MAX_JITTER_MS = 5000;
/** Ours. */
const MAX_ATTEMPTS = 1_000_000;

/** What fails because somebody cannot be reached now; anything else fails again. */
const RETRYABLE =
  /^(ENROLLMENT_UNREACHABLE|TRANSPORT_\w+|CHANNEL_\w+|RELAY_\w+|ROUTING_(REQUEST_TIMED_OUT|UNDELIVERABLE))$/;

const count = wholeNumber(0, MAX_ATTEMPTS);

/** Declares the options. */
export function retryOptions(leaf: Command): Command {
  return leaf
    .addOption(leaf.createOption('--retry-count <N>', 'how often to try in all').argParser(count).hideHelp())
    .addOption(leaf.createOption('--retry <N>', 'the same').argParser(count).hideHelp())
    .addOption(
      leaf.createOption('--retry-delay <DURATION>', 'how long to wait in between').argParser(durationMs).hideHelp(),
    )
    .addOption(leaf.createOption('--no-retry', 'try once, whatever the environment says').hideHelp());
}

/**
 * Does `work` as often as the options and the environment say, while it fails in a way that may pass. What the last attempt throws is
 * thrown; the reason of the signal when that is aborted in between.
 */
export async function withRetry<T>(context: CommandContext, options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const { attempts, delayMs } = termsOf(context, options);
  const { output, signal } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= attempts || !(error instanceof CodedError) || !RETRYABLE.test(error.code)) throw error;
      const waitMs = Math.round(delayMs + Math.random() * Math.min(delayMs / 2, MAX_JITTER_MS));
      output.warn(`Command failed with error:\n${error.message}`);
      output.note(`Will retry in ${Math.ceil(waitMs / 1000)} seconds`);
      await process.getBuiltinModule('node:timers/promises').setTimeout(waitMs, undefined, { signal });
      output.note('Retrying...');
    }
  }
}

function termsOf(
  { environment }: CommandContext,
  options: RetryOptions,
): { readonly attempts: number; readonly delayMs: number } {
  if (options.retry === false) return { attempts: 1, delayMs: 0 };
  const attempts = options.retryCount ?? options.retry ?? parsed(count, setting(environment, 'COMMAND_RETRY_COUNT'));
  const delayMs = options.retryDelay ?? parsed(durationMs, setting(environment, 'COMMAND_RETRY_DELAY'));
  if (attempts === undefined && delayMs === undefined) return { attempts: 1, delayMs: 0 };
  return { attempts: attempts ?? DEFAULT_ATTEMPTS, delayMs: delayMs ?? DEFAULT_DELAY_MS };
}

/** Specification: what cannot be read in the environment is ignored. */
function parsed(parse: (text: string) => number, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
