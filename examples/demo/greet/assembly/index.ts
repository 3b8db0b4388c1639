/** Greets the name in the path; in the sequence of /articles it also mentions what was written. */
import { log, request, response } from 'perigee';

export function run(): string {
  let name = request.param('name');
  if (name == '') name = request.param('author');
  const about = request.state('about');
  log.info('greeting ' + name);
  response.setType('text/plain; charset=utf-8');
  return about == '' ? 'Hello, ' + name + '!\n' : 'Thank you for "' + about + '", ' + name + '!';
}
