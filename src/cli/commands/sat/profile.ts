import type { FileHandle } from 'node:fs/promises';
import type { CpuProfile } from '../../../compute/profile/index.ts';
import { quoted } from '../../../kernel/errors/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { durationMs } from '../../arguments/values.ts';

/** Ours: what putting a profile together may take beyond its duration, milliseconds. */
const PATIENCE_MS = 30_000;

type Options = { readonly fqmn: string; readonly duration: number; readonly file?: string };

/** `sat profile NAME` (`observability.md` §5). */
export const command: CommandDefinition<Options> = {
  about:
    'Writes a CPU profile of one function of a running Sat: where calls that came meanwhile spent their time. Opens in the\n' +
    'developer tools of Chrome and in editors.',
  examples: [
    ['perigee sat profile edge-1 --fqmn default::greet', 'for five seconds, into edge-1.cpuprofile'],
    ['perigee sat profile edge-1 --fqmn greet --duration 30s --file greet.cpuprofile', 'for longer, into that file'],
  ],
  configure: (leaf) =>
    leaf
      .argument('<NAME>', 'name of the Sat')
      .requiredOption('--fqmn <NAME>', 'the function: its name, namespace::name, or full name')
      .option('--duration <DURATION>', 'how long, up to a minute', durationMs, 5_000)
      .option('--file <PATH>', 'where to write it, over nothing that is there; NAME.cpuprofile unless given'),
  run: (context, options, [name = '']) =>
    withHome(context, async (home) => {
      const [{ NodeError }, { askNode }] = await Promise.all([
        import('../../../node/home/index.ts'),
        import('../../../node/nodes/index.ts'),
      ]);
      const { output } = context;
      const node = home.nodes.get(name);
      if (node.kind !== 'sat') throw new NodeError('NODE_INPUT', `${name} is no Sat`);
      const file = options.file ?? `${name}.cpuprofile`;
      // First, so that nobody waits in vain.
      const handle = await create(file);
      let profile: CpuProfile;
      try {
        using progress = output.spinner(`Profiling ${options.fqmn} for ${options.duration / 1000} s`);
        profile = (await askNode(home, node, {
          method: 'POST',
          path: '/profile',
          body: new TextEncoder().encode(JSON.stringify({ function: options.fqmn, durationMs: options.duration })),
          timeoutMs: options.duration + PATIENCE_MS,
        })) as CpuProfile;
        progress.done();
        await handle.writeFile(JSON.stringify(profile));
      } catch (error) {
        await process.getBuiltinModule('node:fs/promises').unlink(file);
        throw error;
      } finally {
        await handle.close();
      }
      const { style } = output;
      const ms = Math.round((profile.endTime - profile.startTime) / 1000);
      output.result({
        plain: `  ${style.success('✔')} Wrote ${style.primary(file)}: ${profile.samples.length} samples, ${ms} ms of all threads`,
        machine: file,
        json: { file, nodes: profile.nodes.length, samples: profile.samples.length },
      });
    }),
};

async function create(file: string): Promise<FileHandle> {
  try {
    return await process.getBuiltinModule('node:fs/promises').open(file, 'wx', 0o600);
  } catch (cause) {
    const { NodeError } = await import('../../../node/home/index.ts');
    throw new NodeError('NODE_INPUT', `cannot write ${quoted(file)}`, {
      cause,
      remedy: 'name another file with --file; one that is there is not written over',
    });
  }
}
