import type { Output } from './output.ts';

/** A list as people read it: a heading, then one item after the other with a bar at its side (`commands.md` §5.1). */
export function listOf(output: Output, heading: string, items: readonly (readonly string[])[], empty: string): string {
  const { resultStyle: style, width } = output;
  if (items.length === 0) return `  ${style.info('>')} ${empty}`;
  const bar = style.info('│');
  const line = '─'.repeat(Math.min(width - 4, 80));
  const body = items.map((lines) => lines.map((text) => `  ${bar} ${text}`).join('\n')).join('\n\n');
  return `\n    ${heading}\n    ${line}\n${body}`;
}
