/** Tries to get the URL in the query and tells what came of it: an answer, or who refused. */
import { fail, http, json, request, response } from 'perigee';

/** What the text of a refusal by the grants begins with; everything else is an answer of the other server or of the network. */
const REFUSED = 'failed to requestIsAllowed';

export function run(): string {
  const url = request.query('url');
  if (url == '') return fail<string>(400, 'name a URL: /fetch?url=https://example.com/');
  const answer = http.get(url);
  response.setType('application/json');
  if (answer.ok) return report(url, 'answered', 'bytes', answer.bytes().length.toString());
  return report(url, answer.error.startsWith(REFUSED) ? 'refused' : 'failed', 'reason', json.quote(answer.error));
}

function report(url: string, outcome: string, name: string, value: string): string {
  return '{"url":' + json.quote(url) + ',"outcome":"' + outcome + '","' + name + '":' + value + '}\n';
}
