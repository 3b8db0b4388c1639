/** The version of the package, from its manifest. */
export const VERSION: string = readVersion();

/** What `--version` prints. */
export function version(program: string): string {
  return `    ${program} ${VERSION}\n    compiled from: N/A`;
}

function readVersion(): string {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  // Two folders up from src/cli as from dist/cli.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
