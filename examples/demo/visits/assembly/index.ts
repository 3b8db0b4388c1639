/** How often a name was visited, kept in the cache for an hour after the last visit. */
import { cache, fail, request, response } from 'perigee';

const HOUR: i32 = 3600;

export function run(): string {
  const name = request.param('name');
  const key = 'visits/' + name;
  // Two visits at the same moment may count as one: the cache has no operation that reads and writes at once.
  const count = I32.parseInt(cache.get(key).textOr('0')) + 1;
  if (!cache.set(key, count.toString(), HOUR)) return fail<string>(503, 'the counter cannot be kept');
  response.setType('text/plain; charset=utf-8');
  return name + ' was here ' + (count == 1 ? 'once' : count.toString() + ' times') + '\n';
}
