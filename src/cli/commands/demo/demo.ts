import { delay } from '../../../kernel/index.ts';
import type { Demo } from '../../../node/demo/index.ts';
import type { RecentRequest } from '../../../node/gateway/index.ts';
import { systemClock } from '../../../node/system/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { CliError, EXIT } from '../../errors.ts';
import { starterOf } from '../../home.ts';
import type { Style } from '../../output/style.ts';
import { port, wholeNumber } from '../../arguments/values.ts';

type Options = { readonly sats: number; readonly httpPort: number; readonly once?: true };

/** How often new requests are looked for, milliseconds. */
const LOOK_MS = 200;
/** Characters that are shown of a path. */
const MAX_PATH = 64;
/** What `--once` asks for, and how long it may take, milliseconds. */
const FIRST_REQUEST = '/greet/world';
const FIRST_ANSWER_MS = 10_000;

/** `demo` (`commands.md` §10.5). */
export const command: CommandDefinition<Options> = {
  about:
    'Runs the whole of it on this machine, in separate processes: a project (authority and relay), a gateway, and Sats that can\n' +
    'only dial out, which enroll by tickets. Serves the sample application. Ctrl-C stops and removes all of it.',
  examples: [
    ['perigee demo', 'until Ctrl-C'],
    ['perigee demo --once', 'one request through all of it, and nothing left behind'],
  ],
  configure: (leaf) =>
    leaf
      .option('--sats <N>', 'how many Sats', wholeNumber(1, 32), 3)
      .option('--http-port <PORT>', 'port of the gateway, 0 for a free one', port, 0)
      .option('--once', 'make one request, print the answer, clean up and end'),
  run: async (context, { sats, httpPort, once }) => {
    const { DEMO_SECRET, startDemo } = await import('../../../node/demo/index.ts');
    const { output, signal } = context;
    const startedAt = systemClock.monotonicMs();
    using progress = output.progress('Starting');
    const demo = await startDemo({
      sats,
      httpPort,
      starter: starterOf(context),
      onProgress: (text) => progress.update(text),
    });
    progress.done();
    try {
      if (once === true) return await askOnce(context, demo);
      explain(context, demo, { seconds: (systemClock.monotonicMs() - startedAt) / 1000, secret: DEMO_SECRET });
      await watch(context, demo);
      return EXIT.ok;
    } finally {
      if (signal.aborted) output.note('Stopping everything');
      await demo.close();
    }
  },
};

async function askOnce({ output, signal }: CommandContext, { url }: Demo): Promise<number> {
  const timeout = AbortSignal.timeout(FIRST_ANSWER_MS);
  const response = await fetch(url + FIRST_REQUEST, { signal: AbortSignal.any([signal, timeout]) });
  const text = await response.text();
  if (response.status !== 200) {
    throw new CliError('CLI_FAILED', `GET ${FIRST_REQUEST} was answered with ${response.status}: ${text}`);
  }
  output.ok(`GET ${FIRST_REQUEST} was answered by the Sat ${response.headers.get('x-perigee-sat')}`);
  output.result({
    plain: text,
    machine: text,
    json: { body: text, sat: response.headers.get('x-perigee-sat'), status: response.status },
  });
  return EXIT.ok;
}

function explain(
  { output, program }: CommandContext,
  { url, parts, home }: Demo,
  { seconds, secret }: { readonly seconds: number; readonly secret: string },
): void {
  const { resultStyle: style } = output;
  const width = Math.max(...parts.map(({ name }) => name.length));
  const lines = [
    '',
    `  ${style.success('✔')} Everything is up after ${seconds.toFixed(1)} s, each in a process of its own:`,
    '',
    ...parts.map(
      ({ name, role, pid, identifier }) =>
        `    ${style.primary(name.padEnd(width))}  ${String(pid ?? '').padStart(7)}  ${role}${identifier === undefined ? '' : style.dim(`  ${identifier.slice(0, 9)}…`)}`,
    ),
    '',
    '    The Sats have no open port: they dialled out to the relay, which sees only ciphertext, and through it the gateway.',
    '    Try, in another terminal:',
    '',
    ...tries(url, secret).map(([line, what]) => `      ${style.primary(line)}${style.dim(`  # ${what}`)}`),
    '',
    '    Kill a Sat and ask again; the second line brings it back. Ctrl-C stops and removes all of it.',
    '',
    `      ${style.primary(`kill -9 ${parts.find(({ name }) => name === 'sat-1')?.pid}`)}`,
    `      ${style.primary(`PERIGEE_HOME=${shellWord(home.directory)} ${shellWord(process.argv[1] ?? program)} node start sat-1`)}`,
    '',
    '    Requests:',
  ];
  output.line(lines.join('\n'));
}

/** As one word of a line that is typed. */
function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function tries(url: string, secret: string): readonly (readonly [string, string])[] {
  return [
    [`curl ${url}/`, "this project's README, turned into a page"],
    [`curl -i ${url}/greet/you`, 'the header x-perigee-sat names the Sat'],
    [`curl ${url}/visits/you`, 'a counter in the cache that all Sats share'],
    [`curl "${url}/fetch?url=https://example.com/"`, 'an allowed host; any other is refused'],
    [`curl -H 'x-demo-key: ${secret}' ${url}/locked`, 'compares with a secret'],
    [`curl -d '# Hello' ${url}/articles/you`, 'several steps, two of them side by side'],
  ];
}

/** Prints requests as they come, and Sats as they go and come back, until the signal. */
async function watch({ output, signal }: CommandContext, demo: Demo): Promise<void> {
  const { resultStyle: style } = output;
  const alive = setInterval(() => undefined, LOOK_MS);
  const there = new Set(demo.satNames.keys());
  try {
    for (let last = 0; !signal.aborted; ) {
      for (const request of await demo.requestsAfter(last)) {
        output.line(requestLine(request, demo.satNames, style));
        last = request.number;
      }
      const now = new Set(await demo.satsThere());
      for (const [identifier, name] of demo.satNames) {
        if (there.has(identifier) === now.has(identifier)) continue;
        output.line(satLine(name, now.has(identifier), style));
        if (!there.delete(identifier)) there.add(identifier);
      }
      await delay(systemClock, LOOK_MS, signal).catch(() => undefined);
    }
  } finally {
    clearInterval(alive);
  }
}

function satLine(name: string, isThere: boolean, style: Style): string {
  return `    ${style.primary(name)} ${isThere ? style.success('is back') : style.failure('is lost')}`;
}

function requestLine(
  { method, path, status, ms, sat, code }: RecentRequest,
  names: ReadonlyMap<string, string>,
  style: Style,
): string {
  const shown = status < 400 ? style.success(String(status)) : style.failure(String(status));
  const where = sat === undefined ? 'no Sat' : (names.get(sat) ?? sat);
  const cut = path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
  return `    ${shown} ${method.padEnd(6)} ${cut}  ${style.primary(where)}  ${ms.toFixed(1)} ms${code === undefined ? '' : `  ${style.warning(code)}`}`;
}
