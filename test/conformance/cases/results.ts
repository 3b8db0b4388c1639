/** What a guest reports, and how a call ends (`runnable-abi.md` §2, §5). */
import { guest, wasi } from '../../support/guests.ts';
import { type ScriptedCase, scriptedUnit, type Unit } from '../case.ts';
import type { World } from '../outside.ts';
import { call, callAs, wat } from '../script.ts';

const ECHO = wat('(call $return_result_3 (local.get $ptr) (local.get $len) (local.get $ident))');
const TRAP = wat('unreachable');
const NEXT_IDENT = '(i32.add (local.get $ident) (i32.const 1))';
/** Far outside of four pages. */
const OUTSIDE = 0x7fff0000;

const CASES: readonly ScriptedCase[] = [
  {
    title: 'return_result: the bytes',
    section: '5',
    request: { body: 'hello' },
    script: [ECHO],
    outcome: { output: 'hello' },
  },
  {
    title: 'return_result: bytes that are no text',
    section: '5',
    script: [call('return_result', Uint8Array.of(0, 255, 128, 10))],
    outcome: { output: Uint8Array.of(0, 255, 128, 10) },
  },
  {
    title: 'return_result of length 0 with a dangling pointer: an empty output',
    section: '2',
    script: [call('return_result', -1, 0)],
    outcome: { output: '' },
  },
  {
    title: 'return_error: code and message',
    section: '5',
    script: [call('return_error', 418, 'no coffee')],
    outcome: { error: [418, 'no coffee'] },
  },
  {
    title: 'return_error: a negative code',
    section: '5',
    script: [call('return_error', -7, 'minus')],
    outcome: { error: [-7, 'minus'] },
  },
  {
    title: 'return_error: the largest code',
    section: '5',
    script: [call('return_error', 0x7fffffff, 'most')],
    outcome: { error: [0x7fffffff, 'most'] },
  },
  {
    title: 'return_error: a code without a message',
    section: '5',
    script: [call('return_error', 404, '')],
    outcome: { error: [404, ''] },
  },
  {
    title: 'return_error: code 0 with a message is an error',
    section: '5',
    script: [call('return_error', 0, 'why not')],
    outcome: { error: [0, 'why not'] },
  },
  {
    title: 'return_error: code 0 without a message is no error',
    section: '5',
    script: [call('return_error', 0, '')],
    outcome: { output: undefined },
  },
  {
    title: 'return_error: bytes that are not UTF-8',
    section: '2',
    script: [call('return_error', 400, Uint8Array.of(0x61, 0xff, 0x62))],
    outcome: { error: [400, 'a\ufffdb'] },
  },
  {
    title: 'return_abort: message and place',
    section: '5',
    script: [call('return_abort', 'boom', 'a.ts', 3, 9)],
    outcome: { error: [-1, 'runnable abort: boom; file: a.ts, line: 3, col: 9'] },
  },
  {
    title: 'return_abort and the trap that follows it',
    section: '5',
    script: [call('return_abort', 'boom', 'a.ts', 1, 2), TRAP],
    outcome: { error: [-1, 'runnable abort: boom; file: a.ts, line: 1, col: 2'] },
  },
  { title: 'a trap', section: '5', script: [TRAP], outcome: { failure: 'TRAP' } },
  {
    title: 'a trap after an error: the error',
    section: '5',
    script: [call('return_error', 500, 'first'), TRAP],
    outcome: { error: [500, 'first'] },
  },
  {
    title: 'a trap after a result: the trap',
    section: '5',
    script: [call('return_result', 'lost'), TRAP],
    outcome: { failure: 'TRAP' },
  },
  {
    title: 'the first report counts: result, error',
    section: '5',
    script: [call('return_result', 'first'), call('return_error', 500, 'second')],
    outcome: { output: 'first' },
  },
  {
    title: 'the first report counts: error, result',
    section: '5',
    script: [call('return_error', 409, 'first'), call('return_result', 'second')],
    outcome: { error: [409, 'first'] },
  },
  {
    title: 'the first report counts: result, abort, result',
    section: '5',
    script: [call('return_result', 'first'), call('return_abort', 'x', 'y', 0, 0), call('return_result', 'third')],
    outcome: { output: 'first' },
  },
  {
    title: 'reports under another ident do nothing',
    section: '2',
    script: [
      callAs(NEXT_IDENT, 'return_result', 'forged'),
      callAs('(i32.const -1)', 'return_error', 500, 'forged'),
      callAs(NEXT_IDENT, 'return_abort', 'forged', 'f', 0, 0),
      call('return_result', 'own'),
    ],
    outcome: { output: 'own' },
  },
  {
    title: 'reports from outside of the memory do nothing',
    section: '2',
    script: [
      call('return_result', OUTSIDE, 4),
      call('return_error', 500, OUTSIDE, 4),
      call('return_abort', 'x', OUTSIDE, 9, 0, 0),
      call('return_result', -4, 8),
      call('return_result', 'inside'),
    ],
    outcome: { output: 'inside' },
  },
  {
    title: 'exit with code 0 in run_e: what was reported counts',
    section: '5',
    script: [call('return_result', 'before the exit'), wat('(call $proc_exit (i32.const 0)) unreachable')],
    outcome: { output: 'before the exit' },
  },
  {
    title: 'exit with another code is a trap',
    section: '5',
    script: [call('return_result', 'lost'), wat('(call $proc_exit (i32.const 3))')],
    outcome: { failure: 'TRAP' },
  },
  {
    title: 'exit with another code after an error: the error',
    section: '5',
    script: [call('return_error', 410, 'gone'), wat('(call $proc_exit (i32.const 1))')],
    outcome: { error: [410, 'gone'] },
  },
  {
    title: 'resp_set_header: on the response, the last value of a name counts',
    section: '7.6',
    script: [
      call('resp_set_header', 'X-Out', 'one'),
      call('resp_set_header', 'X-Out', 'two'),
      call('resp_set_header', 'Content-Type', 'text/plain'),
      call('return_result', 'with headers'),
    ],
    outcome: { output: 'with headers', headers: { 'x-out': 'two', 'content-type': 'text/plain' } },
  },
  {
    title: 'resp_set_header: what could split the response is left out and logged',
    section: '7.6',
    script: [
      call('resp_set_header', 'X-Split', 'a\r\nX-Injected: b'),
      call('resp_set_header', 'X Bad', 'c'),
      call('resp_set_header', '', 'd'),
      call('resp_set_header', 'X-Good', 'tab\there'),
      call('return_result', 'whole'),
    ],
    outcome: { output: 'whole', headers: { 'x-split': null, 'x-injected': null, 'x-good': 'tab\there' } },
    logs: [
      'warn: resp_set_header: the header value holds control characters',
      'warn: resp_set_header: the header name is not a token',
      'warn: resp_set_header: the header name is not a token',
    ],
  },
  {
    title: 'log_msg: levels, bytes that are no text, nothing under another ident',
    section: '7.1',
    script: [
      call('log_msg', 'one', 1),
      call('log_msg', 'two', 2),
      call('log_msg', 'three', 3),
      call('log_msg', 'four', 4),
      call('log_msg', 'zero', 0),
      call('log_msg', 'ninety-nine', 99),
      call('log_msg', Uint8Array.of(0x61, 0xff), 3),
      call('log_msg', 'two\nlines', 3),
      callAs(NEXT_IDENT, 'log_msg', 'forged', 1),
      call('log_msg', OUTSIDE, 4, 1),
      call('return_result', 'logged'),
    ],
    outcome: { output: 'logged' },
    logs: [
      'error: one',
      'warn: two',
      'info: three',
      'debug: four',
      'info: zero',
      'info: ninety-nine',
      'info: a\ufffd',
      'info: two\\nlines',
    ],
  },
];

/** Results, errors, ends, response headers, log. */
export function resultUnits(world: World): readonly Unit[] {
  return [
    scriptedUnit(
      { name: 'results', grants: 'everything', choice: 'header', imports: wasi('proc_exit', 'i32', 0) },
      () => CASES,
      world,
    ),
    {
      name: 'silent',
      grants: 'default',
      choice: 'single',
      module: () => guest({ run: '' }),
      cases: [{ title: 'nothing is reported: a nil output', section: '5', outcome: { output: undefined } }],
    },
  ];
}
