/** The pending value and the fields of a request (`runnable-abi.md` §6.3, §7.5). */
import { failure, NEEDS_NO_REQUEST, type ScriptedCase, scriptedUnit, type Unit, value } from '../case.ts';
import type { World } from '../outside.ts';
import { call, callAs, take, TARGET, wat } from '../script.ts';

const META = 0;
const BODY = 1;
const HEADER = 2;
const PARAMS = 3;
const STATE = 4;
const QUERY = 5;
const OUTSIDE = 0x7fff0000;

const get = (type: number, key: string) => call('request_get_field', type, key);
const set = (type: number, key: string, value: string | Uint8Array) => call('request_set_field', type, key, value);
const NO_ROUTE = { 'sat run': 'a function that is served alone has no route with parameters' };
const NO_STEPS = { 'sat run': 'a function that is served alone has no earlier steps' };

const READING: readonly ScriptedCase[] = [
  {
    title: 'meta: method, url, id, body',
    section: '7.5',
    request: { method: 'PUT', path: '?x=1&y=a%20b', body: 'the body' },
    script: [get(META, 'method'), take, get(META, 'url'), take, get(META, 'id'), take, get(META, 'body'), take],
    lines: [...value('PUT'), ...value('/fields?x=1&y=a%20b'), '36', '{uuid}', ...value('the body')],
  },
  {
    title: 'meta: parsedURL is the url, other keys are empty',
    section: '7.5',
    script: [get(META, 'parsedURL'), take, get(META, 'host'), take, get(META, ''), take],
    lines: [...value('/fields'), '0', '', '0', ''],
  },
  {
    title: 'a member of a JSON body',
    section: '7.5',
    request: { body: '{"name":"Ada","age":36,"deep":{"name":"x"}}' },
    script: [get(BODY, 'name'), take, get(BODY, 'age'), take, get(BODY, 'missing'), take, get(BODY, 'deep'), take],
    lines: [
      ...value('Ada'),
      ...failure('failed to get BodyField: field age of the body is not a string'),
      ...failure('failed to get BodyField: body does not contain field missing'),
      ...failure('failed to get BodyField: field deep of the body is not a string'),
    ],
  },
  {
    title: 'a member of a body that is no JSON object',
    section: '7.5',
    request: { body: '["name"]' },
    script: [get(BODY, 'name'), take],
    lines: failure('failed to get BodyField: body is not a JSON object'),
  },
  {
    title: 'a member of an empty body is empty',
    section: '7.5',
    script: [get(BODY, 'name'), take],
    lines: ['0', ''],
  },
  {
    title: 'a header, its name in any case; one that is missing is empty',
    section: '7.5',
    request: { headers: { 'X-Mixed-Case': 'value' } },
    script: [get(HEADER, 'x-mixed-case'), take, get(HEADER, 'X-MIXED-Case'), take, get(HEADER, 'X-None'), take],
    lines: [...value('value'), ...value('value'), '0', ''],
  },
  {
    title: 'a query parameter: first value, decoded; one that is missing is empty',
    section: '7.5',
    request: { path: '?a=1&a=2&b=x+y%2Bz&c' },
    script: [get(QUERY, 'a'), take, get(QUERY, 'b'), take, get(QUERY, 'c'), take, get(QUERY, 'd'), take],
    lines: ['1', '1', ...value('x y+z'), '0', '', '0', ''],
  },
  {
    title: 'a path parameter, by its exact name',
    section: '7.5',
    request: { param: 'seven' },
    script: [get(PARAMS, 'p'), take, get(PARAMS, 'P'), take],
    lines: [...value('seven'), '0', ''],
    not: NO_ROUTE,
  },
  {
    title: 'state of an earlier step, by its exact key',
    section: '7.5',
    request: { seeded: true },
    script: [get(STATE, 'seed'), take, get(STATE, 'Seed'), take],
    lines: [...value('sown'), '0', ''],
    not: NO_STEPS,
  },
  {
    title: 'types that do not exist',
    section: '7.5',
    script: [get(6, 'x'), take, get(-1, 'x'), take],
    lines: [...failure('unknown field type 6'), ...failure('unknown field type -1')],
  },
  {
    title: 'keys outside of the memory, and another ident: −1, nothing pending',
    section: '2',
    script: [
      call('request_get_field', META, OUTSIDE, 6),
      call('request_get_field', META, -2, 4),
      callAs('(i32.sub (local.get $ident) (i32.const 1))', 'request_get_field', META, 'method'),
      take,
      callAs('(i32.const -1)', 'request_set_field', STATE, 'k', 'v'),
      call('request_set_field', STATE, 'k', OUTSIDE, 1),
      take,
    ],
    lines: ['-1', '-1', '-1', 'none', '-1', '-1', 'none'],
  },
];

const WRITING: readonly ScriptedCase[] = [
  {
    title: 'meta: what was written is read back; the id stays',
    section: '7.5',
    request: { body: 'old' },
    script: [
      set(META, 'method', 'PATCH'),
      set(META, 'url', '/elsewhere?z=9'),
      set(META, 'body', 'new'),
      set(META, 'id', 'mine'),
      take,
      get(META, 'method'),
      take,
      get(META, 'url'),
      take,
      get(META, 'body'),
      take,
      get(META, 'id'),
      take,
      get(QUERY, 'z'),
      take,
    ],
    lines: [
      '0',
      '0',
      '0',
      '0',
      '',
      ...value('PATCH'),
      ...value('/elsewhere?z=9'),
      ...value('new'),
      '36',
      '{uuid}',
      '1',
      '9',
    ],
  },
  {
    title: 'a member of a JSON body: the body is encoded anew',
    section: '7.5',
    request: { body: '{"name":"Ada","age":36}' },
    script: [set(BODY, 'name', 'Grace'), set(BODY, 'new', '1'), get(BODY, 'name'), take, get(META, 'body'), take],
    lines: ['0', '0', ...value('Grace'), ...value('{"name":"Grace","age":36,"new":"1"}')],
  },
  {
    title: 'a member of an empty body: nothing happens',
    section: '7.5',
    script: [set(BODY, 'name', 'x'), get(META, 'body'), take],
    lines: ['0', '0', ''],
  },
  {
    title: 'a new body after a member was read: its own members',
    section: '7.5',
    request: { body: '{"name":"Ada"}' },
    script: [get(BODY, 'name'), take, set(META, 'body', '{"name":"Lin"}'), get(BODY, 'name'), take],
    lines: [...value('Ada'), '0', ...value('Lin')],
  },
  {
    title: 'headers are stored as written and looked up in lower case',
    section: '7.5',
    script: [
      set(HEADER, 'x-low', '1'),
      get(HEADER, 'X-Low'),
      take,
      set(HEADER, 'X-Foo', '2'),
      get(HEADER, 'X-Foo'),
      take,
    ],
    lines: ['0', '1', '1', '0', '0', ''],
  },
  {
    title: 'params and state, state with any bytes',
    section: '7.5',
    script: [
      set(PARAMS, 'made', 'up'),
      get(PARAMS, 'made'),
      take,
      set(STATE, 'bytes', 'a\u0000b'),
      get(STATE, 'bytes'),
      take,
    ],
    lines: ['0', ...value('up'), '0', ...value('a\u0000b')],
  },
  {
    title: 'writes that fail return 0 all the same, with an empty value, and are logged',
    section: '7.5',
    request: { body: 'no JSON' },
    script: [
      set(QUERY, 'x', '1'),
      take,
      set(META, 'host', 'x'),
      take,
      set(BODY, 'name', 'x'),
      take,
      set(9, 'x', 'y'),
      take,
    ],
    lines: ['0', '', '0', '', '0', '', '0', ''],
    logs: [
      'warn: request_set_field: fields of type 5 cannot be set',
      'warn: request_set_field: there is no such meta field',
      'warn: request_set_field: body is not a JSON object',
      'warn: request_set_field: fields of type 9 cannot be set',
    ],
  },
];

const PENDING: readonly ScriptedCase[] = [
  {
    title: 'nothing is pending at first, nor under another ident, nor after it was fetched',
    section: '6.3',
    script: [
      call('get_ffi_result', TARGET),
      get(META, 'method'),
      callAs('(i32.const -1)', 'get_ffi_result', TARGET),
      call('get_ffi_result', TARGET),
      call('get_ffi_result', TARGET),
    ],
    lines: ['-1', '4', '-1', '0', '-1'],
  },
  {
    title: 'an empty value is pending, and is fetched with any pointer',
    section: '6.3',
    script: [
      get(HEADER, 'x-none'),
      call('get_ffi_result', 1),
      call('get_ffi_result', 1),
      get(HEADER, 'x-none'),
      call('get_ffi_result', -1),
    ],
    lines: ['0', '0', '-1', '0', '0'],
  },
  {
    title: 'a value that was not fetched is replaced by the next',
    section: '6.3',
    script: [get(META, 'method'), get(META, 'url'), take, get(6, 'x'), get(META, 'method'), take],
    lines: ['4', ...value('/fields'), '-20', ...value('POST')],
  },
  {
    title: 'a target outside of the memory: −1',
    section: '6.3',
    script: [get(META, 'method'), call('get_ffi_result', OUTSIDE), call('get_ffi_result', -2)],
    lines: ['4', '-1', '-1'],
  },
  {
    title: 'a value may grow the memory before it is fetched',
    section: '2',
    script: [
      get(META, 'method'),
      wat('(drop (memory.grow (i32.const 3)))'),
      take,
      wat('(i32.store8 (i32.const 400000) (i32.const 65))'),
      call('log_msg', 400_000, 1, 3),
    ],
    lines: value('POST'),
    logs: ['info: A'],
  },
];

/** Request fields. */
export function fieldUnits(world: World): readonly Unit[] {
  return [
    scriptedUnit(
      { name: 'fields', grants: 'everything', choice: 'header' },
      () => [...READING, ...WRITING, ...PENDING],
      world,
    ),
    scriptedUnit(
      { name: 'read-only', grants: 'read only', choice: 'header' },
      () => [
        {
          title: 'what may be read but not written: refused in the log, the guest is not told',
          section: '7.5',
          script: [set(STATE, 'k', 'v'), take, get(STATE, 'k'), take, call('resp_set_header', 'X-Out', '1')],
          lines: ['0', '', '0', ''],
          headers: { 'x-out': '1' },
          logs: ['warn: request_set_field: capability is not enabled'],
        },
        {
          title: 'a cache that may be read but not written',
          section: '7.4',
          script: [call('cache_set', 'k', 'v', 0), call('cache_get', 'k'), take],
          lines: ['-2', ...failure('key not found')],
        },
      ],
      world,
    ),
    scriptedUnit(
      { name: 'without-request', grants: 'everything', choice: 'single' },
      () => [
        {
          title: 'no request is bound',
          section: '7.5',
          input: 'bytes alone',
          script: [
            get(META, 'method'),
            take,
            set(STATE, 'k', 'v'),
            take,
            call('resp_set_header', 'X-A', '1'),
            wat('(call $say (local.get $ptr) (local.get $len)) (call $end_line)'),
          ],
          lines: [...failure('req is not set'), '0', '', 'bytes alone'],
          logs: ['warn: request_set_field: req is not set', 'warn: resp_set_header: req is not set'],
          not: NEEDS_NO_REQUEST,
        },
      ],
      world,
    ),
  ];
}
