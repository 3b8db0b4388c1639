import type { CommandDefinition } from '../../command.ts';

type Options = { readonly out?: string };

/** `app build [DIR]` (`commands.md` §10.4). */
export const command: CommandDefinition<Options> = {
  about:
    'Compiles every function of an application, checks all of it, and writes modules.wasm.zip. Same sources, same bytes.',
  examples: [['perigee app build', 'the application in this folder']],
  configure: (leaf) =>
    leaf
      .argument('[DIRECTORY]', 'folder with a Directive.yaml', '.')
      .option('--out <FILE>', 'where the bundle goes; modules.wasm.zip in the folder unless given'),
  run: async ({ output, signal }, { out }, [directory = '.']) => {
    const { buildApplication, printFinding } = await import('../../../toolchain/index.ts');
    using progress = output.spinner('Compiling the functions');
    const { file, bundle, digest, report } = await buildApplication(directory, { output: out, signal });
    progress.done();
    for (const finding of report.findings) output.warn(printFinding(finding));
    const { resultStyle: style } = output;
    output.result({
      plain: `  ${style.success('✔')} Wrote ${style.primary(file)}, ${bundle.length} bytes, ${report.functions.length} function(s)\n    sha256:${digest}`,
      machine: file,
      json: {
        bytes: bundle.length,
        digest: `sha256:${digest}`,
        file,
        functions: report.functions.map(({ name }) => name),
      },
    });
  },
};
