/** Generations 0, 1 and 2, Swift's variants, and how generations are told (`runnable-abi.md` §6.1, §8, §9). */
import { env } from '../../support/guests.ts';
import { failure, type ScriptedCase, scriptedUnit, SEEN_ALIKE, type Unit, value } from '../case.ts';
import type { World } from '../outside.ts';
import { type Argument, call, callAs, show, type Step, take, takeSwift, TARGET, wat } from '../script.ts';
import { GENERATION_3 } from './capabilities.ts';

const OUTSIDE = 0x7fff0000;
const FORGED = '(i32.const -1)';
const ROOM = 4096;
/** Puts the input into the lines: generations 0 and 1 get the request as one line of text. */
const SHOW_INPUT = wat('(call $say (local.get $ptr) (local.get $len)) (call $end_line)');

/** A call whose value goes to the guest's buffer. */
const into = (name: string, ...args: readonly Argument[]): Step => call(name, ...args, TARGET, ROOM);
const intoRoom = (room: number, name: string, ...args: readonly Argument[]): Step => call(name, ...args, TARGET, room);

const generation0 = ({ host }: World): readonly ScriptedCase[] => [
  {
    title: 'generation 0: the request is one line of text',
    section: '5.1',
    request: { method: 'POST', body: 'not seen' },
    script: [SHOW_INPUT],
    lines: ['POST /generation-0?case=00 {uuid}'],
  },
  {
    title: 'generation 0: print, and fetch into a buffer',
    section: '8.3',
    script: [
      call('print', 'printed'),
      call('print', OUTSIDE, 1),
      callAs(FORGED, 'print', 'forged'),
      into('fetch', `http://${host}/echo`),
      show,
      into('fetch', `http://${host}/echo::X-A:1`),
      show,
      into('fetch', `http://${host}/status/404`),
      show,
      into('fetch', 'http://blocked.example/'),
      into('fetch', `http://${host}/echo::a:b:c`),
      callAs(FORGED, 'fetch', `http://${host}/echo`, TARGET, ROOM),
      into('fetch', OUTSIDE, 1),
      call('fetch', `http://${host}/echo`, OUTSIDE, ROOM),
    ],
    lines: [...value('GET /echo'), ...value('GET /echo x-a=1'), ...value('status 404'), '-3', '-2', '-1', '-1', '-1'],
    logs: ['info: printed'],
    requests: 4,
  },
  {
    title: 'generation 0: a value that did not fit is kept for the same call with more room',
    section: '8.3',
    script: [intoRoom(4, 'fetch', `http://${host}/echo`), intoRoom(9, 'fetch', `http://${host}/echo`), show],
    lines: ['9', ...value('GET /echo')],
    requests: 1,
  },
];

const generation1 = ({ host }: World): readonly ScriptedCase[] => [
  {
    title: 'generation 1: the request is one line of text, its fields go to a buffer',
    section: '8.2',
    request: { method: 'POST', headers: { 'X-A': 'value' }, body: '{"name":"Ada","n":1}' },
    script: [
      SHOW_INPUT,
      into('request_get_field', 0, 'method'),
      show,
      into('request_get_field', 0, 'body'),
      show,
      into('request_get_field', 1, 'name'),
      show,
      into('request_get_field', 2, 'X-A'),
      show,
      into('request_get_field', 2, 'x-none'),
      into('request_get_field', 3, 'none'),
      into('request_get_field', 4, 'none'),
      into('request_get_field', 0, 'none'),
      into('request_get_field', 1, 'n'),
      into('request_get_field', 9, 'x'),
      into('request_get_field', 0, OUTSIDE, 1),
      callAs(FORGED, 'request_get_field', 0, 'method', TARGET, ROOM),
      call('request_get_field', 0, 'method', OUTSIDE, ROOM),
    ],
    lines: [
      'POST /generation-1?case=00 {uuid}',
      ...value('POST'),
      ...value('{"name":"Ada","n":1}'),
      ...value('Ada'),
      ...value('value'),
      '-3',
      '-3',
      '-3',
      '-3',
      '-4',
      '-4',
      '-1',
      '-1',
      '-1',
    ],
  },
  {
    title: 'generation 1: a value that does not fit is not written, its length is told',
    section: '8.2',
    script: [
      wat(`(memory.fill (i32.const ${TARGET}) (i32.const 45) (i32.const 8))`),
      intoRoom(3, 'request_get_field', 0, 'method'),
      show,
      intoRoom(4, 'request_get_field', 0, 'method'),
      show,
      intoRoom(0, 'request_get_field', 0, 'method'),
    ],
    lines: ['4', '----', ...value('POST'), '4'],
  },
  {
    title: 'generation 1: method numbers, and the body of an error as content',
    section: '8.2',
    script: [
      ...[1, 2, 3, 4].flatMap((method) => [into('fetch_url', method, `http://${host}/echo`, ''), show]),
      into('fetch_url', 1, `http://${host}/status/500`, ''),
      show,
      into('fetch_url', 1, 'http://blocked.example/', ''),
      into('fetch_url', 9, `http://${host}/echo`, ''),
      into('fetch_url', 1, `http://${host}/echo::a:b:c`, ''),
      into('fetch_url', 1, OUTSIDE, 1, ''),
      callAs(FORGED, 'fetch_url', 1, `http://${host}/echo`, '', TARGET, ROOM),
    ],
    lines: [
      ...value('GET /echo'),
      ...value('POST /echo'),
      ...value('PATCH /echo'),
      ...value('DELETE /echo'),
      ...value('status 500'),
      '-3',
      '-2',
      '-2',
      '-1',
      '-1',
    ],
    requests: 5,
  },
  {
    title: 'generation 1: a second call with more room sends nothing again, one with other arguments does',
    section: '8.2',
    script: [
      intoRoom(5, 'fetch_url', 2, `http://${host}/echo::content-type:x/y`, 'body'),
      intoRoom(64, 'fetch_url', 2, `http://${host}/echo::content-type:x/y`, 'body'),
      show,
      intoRoom(5, 'fetch_url', 2, `http://${host}/echo::content-type:x/y`, 'body'),
      intoRoom(64, 'fetch_url', 2, `http://${host}/echo::content-type:x/y`, 'else'),
      show,
    ],
    lines: [
      '37',
      ...value('POST /echo content-type=x/y body=body'),
      '37',
      ...value('POST /echo content-type=x/y body=else'),
    ],
    requests: 3,
  },
  {
    title: 'generation 1: cache and files',
    section: '8.2',
    script: [
      into('cache_get', 'first generation'),
      call('cache_set', 'first generation', 'kept', 0),
      into('cache_get', 'first generation'),
      show,
      intoRoom(2, 'cache_get', 'first generation'),
      into('cache_get', 'first generation'),
      show,
      into('get_static_file', 'hello.txt'),
      show,
      intoRoom(3, 'get_static_file', 'hello.txt'),
      into('get_static_file', 'hello.txt'),
      into('get_static_file', 'none.txt'),
      into('cache_get', OUTSIDE, 1),
      into('get_static_file', OUTSIDE, 1),
      callAs(FORGED, 'cache_get', 'first generation', TARGET, ROOM),
      callAs(FORGED, 'get_static_file', 'hello.txt', TARGET, ROOM),
    ],
    lines: [
      '-2',
      '0',
      ...value('kept'),
      '4',
      ...value('kept'),
      ...value('hello from a file'),
      '17',
      '17',
      '-3',
      '-1',
      '-1',
      '-1',
      '-1',
    ],
  },
];

const generation1Denied = (): readonly ScriptedCase[] => [
  {
    title: 'generation 1: what is not granted',
    section: '8.2',
    script: [
      into('fetch_url', 1, 'http://a.example/', ''),
      into('cache_get', 'k'),
      into('get_static_file', 'hello.txt'),
      into('request_get_field', 0, 'method'),
      call('cache_set', 'k', 'v', 0),
    ],
    lines: ['-3', '-2', '-2', '-4', '-2'],
  },
];

/** Which HTTP method number 1 is, and which 2. */
const numbering = (of: string, old: boolean, { host }: World): readonly ScriptedCase[] => [
  {
    title: `${of}: ${old ? 'old' : 'current'} method numbers`,
    section: '9',
    script: [1, 2, 3, 4, 0, 5, 6].flatMap((method) => [call('fetch_url', method, `http://${host}/echo`, ''), take]),
    lines: old
      ? [
          ...value('GET /echo'),
          ...value('POST /echo'),
          ...value('PATCH /echo'),
          ...value('DELETE /echo'),
          ...value('GET /echo'),
          ...value('PATCH /echo'),
          ...value('DELETE /echo'),
        ]
      : [
          '0',
          '',
          ...value('OPTIONS /echo'),
          ...value('POST /echo'),
          ...value('PUT /echo'),
          ...value('GET /echo'),
          ...value('PATCH /echo'),
          ...value('DELETE /echo'),
        ],
    requests: 7,
  },
];

/** Failures of generation 2 are answered as those of generation 3: its guests look at the sign only. */
const generation2 = (world: World): readonly ScriptedCase[] => [
  ...numbering('generation 2', true, world),
  {
    title: 'generation 2: failures are negative, and what is pending does not stand in the way',
    section: '8.1',
    request: { body: 'the body is the input' },
    script: [
      SHOW_INPUT,
      call('cache_get', 'none'),
      call('fetch_url', 1, `http://${world.host}/status/404`, ''),
      call('get_static_file', 'none.txt'),
      call('request_get_field', 9, 'x'),
      call('request_get_field', 0, 'method'),
      take,
    ],
    lines: ['the body is the input', '-13', '-15', '-19', '-20', ...value('POST')],
  },
];

const swift = ({ host }: World): readonly ScriptedCase[] => [
  {
    title: 'Swift: every function with two more parameters',
    section: '6.1',
    request: { body: '{"name":"Ada"}' },
    script: [
      call('request_get_field_swift', 1, 'name'),
      takeSwift,
      call('request_set_field_swift', 4, 'k', 'v'),
      call('request_get_field_swift', 4, 'k'),
      takeSwift,
      call('fetch_url_swift', 3, `http://${host}/echo`, ''),
      takeSwift,
      call('graphql_query_swift', `http://${host}/graphql/errors`, '{}'),
      takeSwift,
      call('cache_set_swift', 'swift', 'kept', 0),
      call('cache_get_swift', 'swift'),
      takeSwift,
      call('get_static_file_swift', 'hello.txt'),
      takeSwift,
      call('get_secret_value_swift', 'KEY'),
      takeSwift,
      call('resp_set_header_swift', 'X-Out', 'swift'),
      call('log_msg_swift', 'logged', 2),
      call('add_ffi_var_swift', 'n', 'v'),
      call('db_exec_swift', 9, 'all'),
      takeSwift,
    ],
    lines: [
      ...value('Ada'),
      '0',
      ...value('v'),
      ...value('POST /echo'),
      ...failure('graphQL error; path: a.b, message: no such field'),
      '0',
      ...value('kept'),
      ...value('hello from a file'),
      ...value('open'),
      '0',
      ...failure('query type invalid'),
    ],
    headers: { 'x-out': 'swift' },
    logs: ['warn: logged'],
    requests: 2,
  },
  {
    title: 'Swift: return_result',
    section: '6.1',
    script: [call('return_result_swift', 'from Swift')],
    outcome: { output: 'from Swift' },
  },
  {
    title: 'Swift: return_error',
    section: '6.1',
    script: [call('return_error_swift', 402, 'from Swift')],
    outcome: { error: [402, 'from Swift'] },
  },
  {
    title: 'Swift: return_abort',
    section: '6.1',
    script: [call('return_abort_swift', 'from', 'Swift', 1, 2)],
    outcome: { error: [-1, 'runnable abort: from; file: Swift, line: 1, col: 2'] },
  },
];

/** The literal as AssemblyScript keeps its texts, at an odd address. */
const LITERAL_UTF16 = `(data (i32.const 30001) "${'unknown error returned from host'.replaceAll(/./g, '$&\\00')}")`;
const REALLOC = '(func (export "canonical_abi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)';
const EVERYTHING = { grants: 'everything', choice: 'header' } as const;

/** Imports of JavaScript modules by the tag of their toolchain, beyond those that all have. */
const JAVY: Readonly<Record<string, readonly string[]>> = {
  'v0.1.0': ['graphql_query/5', 'cache_set/6', 'cache_get/3'],
  'v0.2.0': ['graphql_query/5', 'cache_set/6', 'cache_get/3', 'get_static_file/3', 'db_exec/4', 'add_ffi_var/5'],
  'v0.3.2': [
    'graphql_query/5',
    'cache_set/6',
    'cache_get/3',
    'get_static_file/3',
    'db_exec/4',
    'add_ffi_var/5',
    'resp_set_header/5',
  ],
  'v0.4.0': ['graphql_query/5', 'resp_set_header/5', 'add_ffi_var/5'],
  'v0.5.0': ['resp_set_header/5', 'add_ffi_var/5'],
};
const JAVY_ALWAYS = [
  'return_result/3',
  'return_error/4',
  'log_msg/4',
  'fetch_url/6',
  'request_get_field/4',
  'request_set_field/6',
  'get_ffi_result/2',
];

function javascript(tag: string, world: World): Unit {
  const imports = [...JAVY_ALWAYS, ...(JAVY[tag] ?? [])].map((key) => {
    const [name = '', params] = key.split('/');
    const results = ['return_result', 'return_error', 'log_msg', 'resp_set_header'].includes(name) ? 0 : 1;
    return env(name, Number(params), results).replace(`(func $${name} `, `(func $${name}_${params} `);
  });
  return scriptedUnit(
    {
      name: `javy-${tag.replaceAll('.', '-')}`,
      ...EVERYTHING,
      ...(tag !== 'v0.3.2' && { not: SEEN_ALIKE }),
      imports: imports.join(''),
      fields: REALLOC,
    },
    () => numbering(`JavaScript, toolchain ${tag}`, false, world),
    world,
  );
}

/** Older dialects, and the marks that tell one from another. */
export function olderUnits(world: World): readonly Unit[] {
  const returning = env('return_abort', 7, 0).replace('$return_abort ', '$return_abort_7 ');
  const erring = env('return_error', 4, 0).replace('$return_error ', '$return_error_4 ');
  return [
    scriptedUnit({ name: 'generation-0', grants: 'everything', choice: 'line' }, generation0, world),
    scriptedUnit({ name: 'generation-1', grants: 'everything', choice: 'line' }, generation1, world),
    scriptedUnit(
      { name: 'generation-1-denied', grants: 'nothing', choice: 'line', not: SEEN_ALIKE },
      generation1Denied,
      world,
    ),
    scriptedUnit({ name: 'generation-2', ...EVERYTHING }, generation2, world),
    scriptedUnit({ name: 'swift', ...EVERYTHING, fields: GENERATION_3 }, swift, world),
    scriptedUnit(
      { name: 'literal-utf-16', ...EVERYTHING, fields: LITERAL_UTF16 },
      () => numbering('the literal in UTF-16', false, world),
      world,
    ),
    scriptedUnit(
      { name: 'grain-imports', ...EVERYTHING, not: SEEN_ALIKE, imports: returning + erring },
      () => numbering('return_abort with return_error', false, world),
      world,
    ),
    scriptedUnit(
      { name: 'abort-alone', ...EVERYTHING, not: SEEN_ALIKE, imports: returning },
      () => numbering('return_abort alone', true, world),
      world,
    ),
    ...Object.keys(JAVY).map((tag) => javascript(tag, world)),
    scriptedUnit(
      { name: 'javascript-queries', ...EVERYTHING, fields: REALLOC },
      () => [
        {
          title: 'JavaScript counts query types otherwise: the configured type counts',
          section: '7.8',
          script: [
            call('db_exec', 0, 'all'),
            take,
            call('db_exec', 1, 'remove'),
            take,
            call('db_exec', 9, 'all'),
            take,
          ],
          lines: [
            ...value('[{"a":"first","b":null},{"a":"second","b":null}]'),
            ...value('{"lastInsertID":0,"rowsAffected":2}'),
            ...failure('query type invalid'),
          ],
          needsDatabase: true,
        },
      ],
      world,
    ),
  ];
}
