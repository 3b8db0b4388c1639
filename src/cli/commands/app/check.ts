import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { EXIT } from '../../errors.ts';

type Options = { readonly compat?: 'suborbital' };

/** `app check [DIR|BUNDLE]` (`commands.md` §10.4). */
export const command: CommandDefinition<Options> = {
  about:
    'Says everything that is wrong with an application or a bundle, with its place, and what each of its functions may do.',
  examples: [
    ['perigee app check', 'the application in this folder'],
    ['perigee app check modules.wasm.zip', 'a bundle, before it is deployed'],
  ],
  configure: (leaf) =>
    leaf
      .argument('[PATH]', 'folder with a Directive.yaml, or a bundle', '.')
      .addOption(new Option('--compat <MODE>', "the reference's permissive defaults").choices(['suborbital'])),
  run: async ({ output, signal }, { compat }, [target = '.']) => {
    const { checkApplication, printFinding } = await import('../../../toolchain/index.ts');
    using progress = output.spinner('Looking at the application');
    const report = await checkApplication(target, { compat, signal });
    progress.done();
    const errors = report.findings.filter(({ severity }) => severity === 'error');
    const { resultStyle: style, style: noteStyle } = output;
    for (const finding of report.findings) {
      if (finding.severity === 'warning') output.warn(printFinding(finding));
      else output.failure(`  ${noteStyle.failure('✗')} ${printFinding(finding)}\n`);
    }
    const lines = report.functions.flatMap(({ name, may }) => [
      `  ${style.primary(name)}`,
      ...may.map((line) => `    ${line}`),
    ]);
    const verdict =
      errors.length > 0
        ? `  ${style.failure('✗')} ${errors.length} error(s)`
        : `  ${style.success('✔')} ${report.identifier} ${report.version} is fit to run`;
    output.result({ plain: [...lines, verdict].join('\n'), json: report });
    return errors.length > 0 ? EXIT.software : EXIT.ok;
  },
};
