import { Answer, cache, fail, files, http, json, log, request, response, secrets } from 'perigee';

export function run(): string {
  const what = request.query('do');
  if (what == 'fields') return fields();
  if (what == 'member') return outcome(request.bodyField('name'));
  if (what == 'file') return outcome(files.read(request.query('name')));
  if (what == 'secret') return '<' + secrets.get(request.query('name')) + '>';
  if (what == 'cache') return throughCache();
  if (what == 'http') return outcome(send(request.query('method'), request.query('url')));
  if (what == 'log') return logs();
  if (what == 'quote') return json.quote(request.body());
  if (what == 'headers') return headers();
  if (what == 'fail') return fail<string>(I32.parseInt(request.query('code')), request.query('message'));
  if (what == 'throw') throw new Error('thrown on purpose');
  if (what == 'index') return ['a'][request.body().length];
  if (what == 'text') return files.read('no/such/file').text();
  if (what == 'garbage') return garbage();
  return fail<string>(404, 'nothing to do');
}

function fields(): string {
  return [
    request.method(),
    request.url(),
    request.id().length.toString(),
    request.body(),
    request.bodyBytes().length.toString(),
    request.header('X-Test'),
    request.header('missing'),
    request.param('param'),
    request.param('missing'),
    request.query('é'),
    request.query('missing'),
    request.state('change'),
    request.state('left'),
    request.stateBytes('missing').length.toString(),
  ].join('|');
}

function outcome(answer: Answer): string {
  return (answer.ok ? 'ok ' : 'no ') + answer.textOr('fallback') + ' ' + answer.error;
}

function throughCache(): string {
  const before = cache.get('key');
  const kept = cache.set('key', 'välue', 60);
  const raw = new Uint8Array(3);
  raw[1] = 255;
  const keptBytes = cache.setBytes('bytes', raw);
  return [
    outcome(before),
    kept.toString(),
    keptBytes.toString(),
    cache.get('key').text(),
    cache.get('bytes').bytes().toString(),
  ].join('|');
}

function send(method: string, url: string): Answer {
  const headers = new Map<string, string>();
  headers.set('x-one', 'a b');
  headers.set('content-type', 'text/plain');
  const body = Uint8Array.wrap(String.UTF8.encode('bödy'));
  if (method == 'GET') return http.get(url, headers);
  if (method == 'HEAD') return http.head(url);
  if (method == 'OPTIONS') return http.options(url);
  if (method == 'POST') return http.post(url, body);
  if (method == 'PUT') return http.put(url, body, headers);
  if (method == 'PATCH') return http.patch(url, body, headers);
  if (method == 'DELETE') return http.remove(url, headers);
  headers.set('x-time', '12:30');
  return http.get(url, headers);
}

function logs(): string {
  log.error('an error');
  log.warn('a warning');
  log.info('an information');
  log.debug('a detail');
  return '';
}

function headers(): string {
  response.setHeader('X-One', 'first');
  response.setHeader('X-One', 'second');
  response.setType('text/x-probe');
  return 'done';
}

/** Two gigabytes of texts, a few kilobytes of them in use. */
function garbage(): string {
  let text = '';
  for (let i = 0; i < 20000; i++) {
    text = text.substring(max(text.length - 50000, 0)) + i.toString();
  }
  return text.length.toString();
}
