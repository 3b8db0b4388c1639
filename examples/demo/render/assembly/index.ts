/** Markdown to HTML: the body of a POST becomes a fragment, a GET the application's README as a page. */
import { files, request, response } from 'perigee';
import { toHtml } from './blocks';
import { escape } from './escape';

const STYLE =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}' +
  'pre,code{font:14px/1.5 ui-monospace,monospace;background:#f3f4f6;border-radius:4px}code{padding:.1em .3em}' +
  'pre{padding:1rem;overflow:auto}pre code{padding:0}table{border-collapse:collapse}' +
  'th,td{border:1px solid #d0d7de;padding:.3rem .7rem}blockquote{border-left:4px solid #d0d7de;margin:0;padding-left:1rem}';

export function run(): string {
  response.setType('text/html; charset=utf-8');
  if (request.method() == 'POST') return toHtml(request.body());
  const markdown = files.read('README.md').text();
  return (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>' +
    escape(titleOf(markdown)) +
    '</title>\n<style>' +
    STYLE +
    '</style>\n</head>\n<body>\n' +
    toHtml(markdown) +
    '</body>\n</html>\n'
  );
}

/** The first heading of the document. */
function titleOf(markdown: string): string {
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].startsWith('# ')) return lines[i].substring(2).trim();
  }
  return 'README';
}
