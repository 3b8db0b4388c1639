/** The first line of the body as a part of a URL: lower-case letters, digits and single hyphens. */
import { fail, request, response } from 'perigee';

const MAX_LENGTH: i32 = 60;

export function run(): string {
  const slug = slugOf(firstLine(request.body()));
  if (slug == '') return fail<string>(422, 'the article has no title');
  response.setHeader('x-slug', slug);
  return slug;
}

function firstLine(text: string): string {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].trim() != '') return lines[i];
  }
  return '';
}

function slugOf(title: string): string {
  let slug = '';
  let gap = false;
  for (let i = 0; i < title.length && slug.length < MAX_LENGTH; i++) {
    const code = title.charCodeAt(i) | (isUpper(title.charCodeAt(i)) ? 0x20 : 0);
    if (isLower(code) || isDigit(code)) {
      if (gap && slug != '') slug += '-';
      slug += String.fromCharCode(code);
      gap = false;
    } else {
      gap = true;
    }
  }
  return slug;
}

function isUpper(code: i32): bool {
  return code >= 0x41 && code <= 0x5a;
}

function isLower(code: i32): bool {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}
