import { Worker } from 'node:worker_threads';
import { CliError } from '../errors.ts';
import type { JqAnswer, JqCall } from './jq-thread.ts';

/** Ours: what a query may take. */
const MAX_QUERY_CHARACTERS = 4096;
const MAX_INPUT_CHARACTERS = 4 * 1024 * 1024;
const MAX_HEAP_MB = 512;
const MAX_MS = 30_000;

/** A query of `--jq` (`commands.md` §5.5). End it when nothing more is to be filtered. */
export interface JqFilter extends AsyncDisposable {
  /**
   * The results for one JSON text, one below the other; those before a runtime error when there is one.
   * @throws {CliError} CLI_JQ when it takes too much time or memory, or the query ends with an error of its own
   */
  apply(json: string, compact: boolean): Promise<string>;
}

/**
 * Starts jq and checks the query.
 * @param maxMs how long a call may take, milliseconds.
 * @throws {CliError} CLI_JQ
 */
export async function startJq(query: string, maxMs: number = MAX_MS): Promise<JqFilter> {
  if (query.length > MAX_QUERY_CHARACTERS) throw wrong(`it has more than ${MAX_QUERY_CHARACTERS} characters`);
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const worker = new Worker(new URL(`./jq-thread${extension}`, import.meta.url), {
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.unref();
  const filter: JqFilter = {
    apply: async (json, compact) => {
      if (json.length > MAX_INPUT_CHARACTERS)
        throw failed(`the result has more than ${MAX_INPUT_CHARACTERS} characters`);
      const answer = await ask(worker, { query, input: json, flags: compact ? ['-S', '-c'] : ['-S'] }, maxMs);
      if ('text' in answer) return answer.text;
      // An error while it runs ends the results, without a word.
      if (answer.complaint.startsWith('jq: error')) return '';
      throw failed(answer.complaint);
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
  try {
    // Without input nothing runs, so all there can be is a fault of the query.
    const answer = await ask(worker, { query, input: '', flags: [] }, maxMs);
    if ('complaint' in answer) throw wrong(answer.complaint);
    return filter;
  } catch (error) {
    await filter[Symbol.asyncDispose]();
    throw error;
  }
}

/** One question at a time: the thread answers in order, and after a failure it is gone. */
function ask(worker: Worker, call: JqCall, maxMs: number): Promise<JqAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<JqAnswer>();
  const timer = setTimeout(() => {
    reject(failed(`it took more than ${maxMs / 1000} s`));
    void worker.terminate();
  }, maxMs);
  const onError = (cause: unknown): void => reject(failed('the thread ended', cause));
  const onExit = (): void => reject(failed('the thread ended'));
  worker.once('message', resolve).once('error', onError).once('exit', onExit);
  worker.postMessage(call, []);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', onError).off('exit', onExit);
  });
}

function wrong(complaint: string): CliError {
  const said = complaint
    .replace(/\njq: \d+ compile errors?$/, '')
    .replace(/^jq: error: /, '')
    .replace(' (Unix shell quoting issues?)', '');
  return new CliError('CLI_JQ', 'the query of --jq is wrong', { cause: new Error(said.trimEnd()) });
}

function failed(reason: string, cause?: unknown): CliError {
  return new CliError('CLI_JQ', `the query of --jq failed: ${reason}`, { ...(cause !== undefined && { cause }) });
}
