/** Opens only for the key that the operator has set as the secret DEMO_KEY; the secret itself never leaves the function. */
import { fail, request, response, secrets } from 'perigee';

export function run(): string {
  const key = secrets.get('DEMO_KEY');
  if (key == '') return fail<string>(503, 'no key is set');
  if (!equal(request.header('x-demo-key'), key)) return fail<string>(401, 'wrong key');
  response.setType('text/plain; charset=utf-8');
  return 'open\n';
}

/** Takes the same time wherever the texts differ, so that a key cannot be found letter by letter. */
function equal(given: string, key: string): bool {
  let difference = given.length ^ key.length;
  for (let i = 0; i < key.length; i++) difference |= (i < given.length ? given.charCodeAt(i) : 0) ^ key.charCodeAt(i);
  return difference == 0;
}
