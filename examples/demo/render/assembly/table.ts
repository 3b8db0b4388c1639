/** Tables: a line of headings, a line of hyphens that gives the alignment, then rows. */
import { inlineHtml } from './inline';

/** Whether a table begins at line `at`: the next line is its line of hyphens and has as many cells. */
export function isTableAt(lines: string[], at: i32): bool {
  if (at + 1 >= lines.length || !lines[at].includes('|') || !lines[at + 1].includes('-')) return false;
  const hyphens = cellsOf(lines[at + 1]);
  for (let i = 0; i < hyphens.length; i++) {
    if (!isHyphens(hyphens[i])) return false;
  }
  return hyphens.length == cellsOf(lines[at]).length;
}

/** One table. */
export class Table {
  private readonly styles: string[] = [];
  private readonly out: string[] = [];

  constructor(headings: string, hyphens: string) {
    const cells = cellsOf(hyphens);
    for (let i = 0; i < cells.length; i++) {
      const left = cells[i].startsWith(':');
      const right = cells[i].endsWith(':');
      const side = left && right ? 'center' : right ? 'right' : left ? 'left' : '';
      this.styles.push(side == '' ? '' : ' style="text-align:' + side + '"');
    }
    this.out.push('<table>\n<thead>\n' + this.row('th', headings) + '</thead>\n<tbody>\n');
  }

  /** Adds one row; missing cells are empty, surplus ones are dropped. */
  add(line: string): void {
    this.out.push(this.row('td', line));
  }

  html(): string {
    return this.out.join('') + '</tbody>\n</table>\n';
  }

  private row(tag: string, line: string): string {
    const cells = cellsOf(line);
    let row = '<tr>';
    for (let i = 0; i < this.styles.length; i++) {
      const text = i < cells.length ? inlineHtml(cells[i]) : '';
      row += '<' + tag + this.styles[i] + '>' + text + '</' + tag + '>';
    }
    return row + '</tr>\n';
  }
}

/** The cells of a row; `\|` is a bar inside a cell. */
function cellsOf(line: string): string[] {
  let text = line.trim();
  if (text.startsWith('|')) text = text.substring(1);
  const cells = new Array<string>();
  let cell = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code == 0x5c && i + 1 < text.length && text.charCodeAt(i + 1) == 0x7c) {
      cell += text.substring(from, i);
      from = i + 1;
      i++;
    } else if (code == 0x7c) {
      cells.push((cell + text.substring(from, i)).trim());
      cell = '';
      from = i + 1;
    }
  }
  const last = (cell + text.substring(from)).trim();
  if (last != '' || !text.endsWith('|')) cells.push(last);
  return cells;
}

function isHyphens(cell: string): bool {
  let text = cell;
  if (text.startsWith(':')) text = text.substring(1);
  if (text.endsWith(':')) text = text.substring(0, text.length - 1);
  if (text == '') return false;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) != 0x2d) return false;
  }
  return true;
}
