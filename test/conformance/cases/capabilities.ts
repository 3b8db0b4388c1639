/** What guests ask of the world: HTTP, GraphQL, cache, files, secrets, database (`runnable-abi.md` §7.2 – §7.9). */
import { failure, type ScriptedCase, scriptedUnit, type Unit, value } from '../case.ts';
import type { World } from '../outside.ts';
import { call, callAs, take, wat } from '../script.ts';

const OUTSIDE = 0x7fff0000;
const FORGED = '(i32.const -1)';
/** Every SDK of generation 3 holds this text; it makes the module's method numbers those of generation 3. */
export const GENERATION_3: string = '(data (i32.const 30000) "unknown error returned from host")';

function http({ host }: World): readonly ScriptedCase[] {
  const fetching = (method: number, target: string, body = '') =>
    call('fetch_url', method, `http://${host}${target}`, body);
  return [
    {
      title: 'fetch_url: methods 0 to 6',
      section: '7.2',
      script: [0, 1, 2, 3, 4, 5, 6].flatMap((method) => [fetching(method, '/echo'), take]),
      lines: [
        ...value('GET /echo'),
        '0',
        '',
        ...value('OPTIONS /echo'),
        ...value('POST /echo'),
        ...value('PUT /echo'),
        ...value('PATCH /echo'),
        ...value('DELETE /echo'),
      ],
      requests: 7,
    },
    {
      title: 'fetch_url: other method numbers are −2 with nothing pending, and nothing is sent',
      section: '7.2',
      script: [call('cache_get', 'none'), fetching(7, '/echo'), take, fetching(-1, '/echo'), take],
      lines: ['-13', '-2', 'none', '-2', 'none'],
      requests: 0,
    },
    {
      title: 'fetch_url: headers behind the address, repeated names, the default type of a body',
      section: '7.2',
      script: [
        fetching(3, '/echo::X-A:1::X-A:2', 'body'),
        take,
        fetching(3, '/echo::content-type:text/csv', 'a,b'),
        take,
        fetching(0, '/echo::Authorization:Bearer abc', 'with a body'),
        take,
      ],
      lines: [
        ...value('POST /echo content-type=application/octet-stream x-a=1, 2 body=body'),
        ...value('POST /echo content-type=text/csv body=a,b'),
        ...value('GET /echo content-type=application/octet-stream authorization=Bearer abc body=with a body'),
      ],
      requests: 3,
    },
    {
      title: 'fetch_url: headers that are not Name:Value are −2',
      section: '7.2',
      script: [fetching(0, '/echo::Date:10:30'), fetching(0, '/echo::broken'), fetching(0, '/echo::'), take],
      lines: ['-2', '-2', '-2', 'none'],
      requests: 0,
    },
    {
      title: 'fetch_url: a status above 299 is an error with the body',
      section: '7.2',
      script: [fetching(0, '/status/404'), take, fetching(0, '/status/503'), take, fetching(0, '/status/201'), take],
      lines: [...failure('404: status 404'), ...failure('503: status 503'), ...value('status 201')],
      requests: 3,
    },
    {
      title: 'fetch_url: an empty answer, and a redirect that is followed',
      section: '7.2',
      script: [fetching(0, '/empty'), take, fetching(0, '/redirect'), take],
      lines: ['0', '', ...value('GET /echo')],
      requests: 3,
    },
    {
      title: 'fetch_url: what the rules refuse, at once and after a redirect',
      section: '7.2',
      script: [
        call('fetch_url', 0, 'http://blocked.example/', ''),
        take,
        fetching(0, '/away'),
        take,
        call('fetch_url', 0, 'http://127.0.0.1:1/', ''),
        take,
        call('fetch_url', 0, 'ftp://127.0.0.1/', ''),
        take,
      ],
      lines: [
        ...refused('requests to this domain are disallowed'),
        ...refused('requests to this domain are disallowed'),
        ...refused('requests to this port are disallowed'),
        ...refused('requests to this scheme are disallowed'),
      ],
      requests: 1,
    },
    {
      title: 'fetch_url: arguments outside of the memory, another ident',
      section: '2',
      script: [
        call('fetch_url', 0, OUTSIDE, 9, ''),
        call('fetch_url', 3, 'http://x/', OUTSIDE, 1),
        callAs(FORGED, 'fetch_url', 0, `http://${host}/echo`, ''),
        take,
      ],
      lines: ['-1', '-1', '-1', 'none'],
      requests: 0,
    },
    {
      title: 'fetch_url: the buffer of a body is copied before anything else',
      section: '2',
      script: [
        wat('(i32.store (i32.const 90000) (i32.const 0x64636261))'),
        fetching(3, '/echo::content-type:x/y', ''),
        call(
          'fetch_url',
          3,
          `http://${host}/echo::content-type:x/y`,
          { wat: '(i32.const 90000)' },
          { wat: '(i32.const 4)' },
        ),
        take,
      ],
      lines: ['27', ...value('POST /echo content-type=x/y body=abcd')],
    },
    {
      title: 'graphql_query: posted as JSON, the answer as it came',
      section: '7.3',
      script: [call('graphql_query', `http://${host}/graphql`, '{ a "b" }'), take],
      lines: value('{"data":{"method":"POST","type":"application/json","asked":"{ a \\"b\\" }"}}'),
      requests: 1,
    },
    {
      title: 'graphql_query: errors, statuses, answers that are no JSON',
      section: '7.3',
      script: [
        call('graphql_query', `http://${host}/graphql/errors`, '{}'),
        take,
        call('graphql_query', `http://${host}/status/500`, '{}'),
        take,
        call('graphql_query', `http://${host}/graphql/noise`, '{}'),
        take,
        call('graphql_query', OUTSIDE, 4, '{}'),
        callAs(FORGED, 'graphql_query', `http://${host}/graphql`, '{}'),
      ],
      lines: [
        ...failure('graphQL error; path: a.b, message: no such field'),
        ...failure('non-200 HTTP response code; status 500'),
        ...failure('failed to Unmarshal response: not a JSON object'),
        '-1',
        '-1',
      ],
      requests: 3,
    },
  ];
}

const refused = (reason: string) => failure(`failed to requestIsAllowed: ${reason}`);

const DATA: readonly ScriptedCase[] = [
  {
    title: 'cache_set and cache_get: any bytes, and nothing pending after a write',
    section: '7.4',
    script: [
      call('cache_set', 'key', 'v\u0000\u0001', 0),
      take,
      call('cache_get', 'key'),
      take,
      call('cache_set', 'key', '', -5),
      call('cache_get', 'key'),
      take,
      call('cache_set', 'short', 'x', 60),
      call('cache_get', 'short'),
      take,
    ],
    lines: ['0', 'none', ...value('v\u0000\u0001'), '0', '0', '', '0', ...value('x')],
  },
  {
    title: 'cache_get: a missing key is an error',
    section: '7.4',
    script: [call('cache_get', 'no such key'), take],
    lines: failure('key not found'),
  },
  {
    title: 'cache: a pending value is gone after a write; arguments outside, another ident',
    section: '7.4',
    script: [
      call('cache_get', 'no such key'),
      call('cache_set', 'other', 'v', 0),
      call('get_ffi_result', 65_536),
      call('cache_set', OUTSIDE, 1, 'v', 0),
      call('cache_set', 'k', OUTSIDE, 1, 0),
      callAs(FORGED, 'cache_set', 'k', 'v', 0),
      call('cache_get', OUTSIDE, 1),
      callAs(FORGED, 'cache_get', 'other'),
    ],
    lines: ['-13', '0', '-1', '-1', '-1', '-1', '-1', '-1'],
  },
  {
    title: 'get_static_file: a file, an empty one, one that is missing',
    section: '7.7',
    script: [
      call('get_static_file', 'hello.txt'),
      take,
      call('get_static_file', 'empty.txt'),
      take,
      call('get_static_file', 'nothing.txt'),
      take,
    ],
    lines: [...value('hello from a file'), '0', '', ...failure('file does not exist')],
  },
  {
    title: 'get_static_file: prefixes are taken off, nothing leads outside',
    section: '7.7',
    script: [
      call('get_static_file', '/hello.txt'),
      call('get_static_file', './hello.txt'),
      call('get_static_file', 'static/hello.txt'),
      call('get_static_file', 'deep/er.txt'),
      take,
      call('get_static_file', '../hello.txt'),
      call('get_static_file', 'deep/../hello.txt'),
      call('get_static_file', 'deep'),
      call('get_static_file', ''),
      take,
      call('get_static_file', OUTSIDE, 1),
      callAs(FORGED, 'get_static_file', 'hello.txt'),
    ],
    lines: [
      '17',
      '17',
      '17',
      ...value('further down'),
      '-19',
      '-19',
      '-19',
      ...failure('file does not exist'),
      '-1',
      '-1',
    ],
  },
  {
    title: 'get_secret_value: what is granted, and an empty value for everything else',
    section: '7.9',
    script: [
      call('get_secret_value', 'KEY'),
      take,
      call('get_secret_value', 'OTHER'),
      take,
      call('get_secret_value', 'UNSET'),
      take,
      call('get_secret_value', ''),
      call('get_secret_value', OUTSIDE, 1),
      callAs(FORGED, 'get_secret_value', 'KEY'),
    ],
    lines: [...value('open'), '0', '', '0', '', '0', '-1', '-1'],
  },
  {
    title: 'add_ffi_var and db_exec: select, insert, update, delete',
    section: '7.8',
    script: [
      call('add_ffi_var', 'x', 'one'),
      call('db_exec', 1, 'one'),
      take,
      call('add_ffi_var', 'b', '1'),
      call('add_ffi_var', 'a', '2'),
      call('db_exec', 0, 'add'),
      take,
      call('add_ffi_var', '', '1'),
      call('db_exec', 2, 'change'),
      take,
      call('db_exec', 3, 'remove'),
      take,
      call('db_exec', 1, 'all'),
      take,
    ],
    lines: [
      '0',
      ...value('[{"a":"one","n":1,"t":null}]'),
      '0',
      '0',
      ...value('{"lastInsertID":0,"rowsAffected":0}'),
      '0',
      ...value('{"lastInsertID":0,"rowsAffected":2}'),
      ...value('{"lastInsertID":0,"rowsAffected":3}'),
      ...value('[]'),
    ],
    needsDatabase: true,
  },
  {
    title: 'db_exec: what can be wrong',
    section: '7.8',
    script: [
      call('db_exec', 1, 'unknown'),
      take,
      call('db_exec', 0, 'all'),
      take,
      call('db_exec', 4, 'all'),
      take,
      call('db_exec', -1, 'all'),
      take,
      call('add_ffi_var', 'x', '1'),
      call('db_exec', 1, 'all'),
      take,
      call('db_exec', 1, 'broken'),
      take,
      call('db_exec', 0, 'add'),
      take,
    ],
    lines: [
      ...failure('query not found'),
      ...failure('query type incorrect'),
      ...failure('query type invalid'),
      ...failure('query type invalid'),
      '0',
      ...failure('expected 0 variables, got 1: number of variables incorrect'),
      ...failure('failed to stmt.Query'),
      ...failure('expected 2 variables, got 0: number of variables incorrect'),
    ],
    needsDatabase: true,
  },
  {
    title: 'add_ffi_var and db_exec: arguments outside of the memory, another ident',
    section: '2',
    script: [
      call('add_ffi_var', OUTSIDE, 1, 'v'),
      call('add_ffi_var', 'n', OUTSIDE, 1),
      callAs(FORGED, 'add_ffi_var', 'n', 'v'),
      call('db_exec', 1, OUTSIDE, 1),
      callAs(FORGED, 'db_exec', 1, 'all'),
      take,
    ],
    lines: ['-1', '-1', '-1', '-1', '-1', 'none'],
  },
];

const NOT_ENABLED = failure('capability is not enabled');

/** Everything there is, asked for under grants that allow none of it. */
function denied(title: string, more: Pick<ScriptedCase, 'logs' | 'headers'>): ScriptedCase {
  return {
    title,
    section: '6.1',
    script: [
      call('fetch_url', 0, 'http://a.example/', ''),
      take,
      call('graphql_query', 'http://a.example/', '{}'),
      take,
      call('cache_get', 'k'),
      take,
      call('cache_set', 'k', 'v', 0),
      take,
      call('get_static_file', 'hello.txt'),
      take,
      call('get_secret_value', 'KEY'),
      take,
      call('add_ffi_var', 'n', 'v'),
      call('db_exec', 1, 'all'),
      take,
    ],
    lines: [...NOT_ENABLED, ...NOT_ENABLED, ...NOT_ENABLED, '-2', 'none', ...NOT_ENABLED, '0', '', '0', ...NOT_ENABLED],
    ...more,
  };
}

/** Capabilities. */
export function capabilityUnits(world: World): readonly Unit[] {
  return [
    scriptedUnit({ name: 'http', grants: 'everything', choice: 'header', fields: GENERATION_3 }, http, world),
    scriptedUnit({ name: 'data', grants: 'everything', choice: 'header' }, () => DATA, world),
    scriptedUnit(
      { name: 'by-default', grants: 'default', choice: 'header', fields: GENERATION_3 },
      () => [
        denied('nothing was said: log and request fields, nothing else', {}),
        {
          title: 'nothing was said: the request and the log',
          section: '7.5',
          script: [
            call('request_set_field', 4, 'k', 'v'),
            call('request_get_field', 4, 'k'),
            take,
            call('log_msg', 'said', 3),
            call('resp_set_header', 'X-Out', '1'),
          ],
          lines: ['0', ...value('v')],
          headers: { 'x-out': '1' },
          logs: ['info: said'],
        },
      ],
      world,
    ),
    scriptedUnit(
      { name: 'denied', grants: 'nothing', choice: 'single', fields: GENERATION_3 },
      () => {
        const everything = denied('everything is denied: each function answers, none fails', {
          logs: [],
          headers: { 'x-out': null },
        });
        return [
          {
            ...everything,
            script: [
              ...everything.script,
              call('request_get_field', 0, 'method'),
              take,
              call('request_set_field', 4, 'k', 'v'),
              take,
              call('resp_set_header', 'X-Out', '1'),
              call('log_msg', 'unheard', 1),
            ],
            lines: [...(everything.lines ?? []), ...NOT_ENABLED, '0', ''],
          },
        ];
      },
      world,
    ),
  ];
}
