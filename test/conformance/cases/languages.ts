/** Guests of real compilers and of every version of the published Rust SDK (`runnable-abi.md` §1, §11). */
import path from 'node:path';
import { compileAs, compileBareC, type Compiled, compileCrate, compileGo } from '../../support/compilers.ts';
import type { Case, Unit } from '../case.ts';
import type { World } from '../outside.ts';

const GUESTS = path.join(import.meta.dirname, '..', 'guests');
const CACHE = path.join(import.meta.dirname, '..', '..', '..', '.cache', 'conformance', 'rust');

/** A guest made with the SDK of that version as it was published: `sdk-0-15` for 0.15. */
const withSdk = (name: string) => (): Promise<Compiled> => compileCrate(path.join(GUESTS, 'rust'), name, CACHE);

const lines = (...parts: readonly string[]): { readonly output: string } => ({ output: `${parts.join('\n')}\n` });
const BODY = '{"name":"Ada"}';

const ASSEMBLYSCRIPT = `
  @external("env", "return_result") declare function return_result(pointer: usize, length: i32, ident: i32): void;
  @external("env", "return_abort") declare function return_abort(message: usize, messageLength: i32, file: usize, fileLength: i32, line: u32, column: u32, ident: i32): void;
  let current: i32 = 0;
  const greeting: string = ["hello", "from", "start"].join(" ");
  export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
    const text = String.UTF8.encode(message ? message : "");
    const place = String.UTF8.encode(file ? file : "");
    return_abort(changetype<usize>(text), text.byteLength, changetype<usize>(place), place.byteLength, line, column, current);
    unreachable();
  }
  export function allocate(size: i32): usize { return heap.alloc(size); }
  export function deallocate(pointer: usize, size: i32): void { heap.free(pointer); }
  export function run_e(pointer: usize, size: i32, ident: i32): void {
    current = ident;
    const input = String.UTF8.decodeUnsafe(pointer, size);
    if (input == "fail") throw new Error("as asked");
    let text = "";
    for (let i = 0; i < 3; i++) text += input + ",";
    const big = new Uint8Array(200000);
    const output = String.UTF8.encode(greeting + ": " + text + big.length.toString());
    return_result(changetype<usize>(output), output.byteLength, ident);
  }`;

function real(name: string, module: Unit['module'], cases: readonly Case[]): Unit {
  return { name, grants: 'everything', choice: 'single', module, cases };
}

/** A call whose guest finds the world by the header `x-world`. */
function inWorld({ host }: World, about: Omit<Case, 'request'> & { readonly body?: string }): Case {
  const { body = BODY, ...given } = about;
  return { ...given, request: { headers: { 'X-World': host }, body } };
}

/** Guests of real compilers. */
export function languageUnits(world: World): readonly Unit[] {
  return [
    real('assemblyscript', () => compileAs(ASSEMBLYSCRIPT), [
      {
        title: 'AssemblyScript: start section, growing heap',
        section: '11',
        request: { body: 'wörld' },
        outcome: { output: 'hello from start: wörld,wörld,wörld,200000' },
      },
      {
        title: 'AssemblyScript: abort by its own handler',
        section: '11',
        request: { body: 'fail' },
        outcome: { error: [-1, 'runnable abort: as asked; file: index.ts, line: 17, col: 26'] },
      },
    ]),
    real('c', () => compileBareC(path.join(GUESTS, 'c', 'guest.c')), [
      {
        title: 'C: a reactor without a library',
        section: '11',
        request: { body: 'input' },
        outcome: lines('started', 'input', 'POST', 'key not found', 'input'),
        logs: ['warn: from C'],
      },
      { title: 'C: an error', section: '11', request: { body: 'fail' }, outcome: { error: [422, 'as asked'] } },
    ]),
    real('go', () => compileGo({ folder: path.join(GUESTS, 'go') }, 'reactor'), [
      inWorld(world, {
        title: 'Go: runtime, goroutines, collector; suspended while it fetches',
        section: '11',
        body: 'input',
        outcome: lines('started', 'input', 'GET /echo', '<nil>', '""', 'key not found', '384'),
        logs: ['error: from Go'],
        requests: 1,
      }),
      { title: 'Go: an error', section: '11', request: { body: 'fail' }, outcome: { error: [500, 'as asked'] } },
    ]),
    ...rustUnits(world),
  ];
}

function rustUnits(world: World): readonly Unit[] {
  return [
    real('sdk-0-5', withSdk('sdk-0-5'), [
      inWorld(world, {
        title: 'Rust SDK 0.5: generation 1, init',
        section: '8.2',
        outcome: lines(
          'POST /sdk-0-5 {uuid}',
          'POST',
          'Ada',
          'GET /echo',
          'POST /echo x-a=1',
          'DELETE /echo',
          'status 404',
          'request_failed:-3',
          'kept',
          'None',
        ),
        logs: ['warn: from 0.5'],
        requests: 4,
      }),
    ]),
    real('sdk-0-8', withSdk('sdk-0-8'), [
      inWorld(world, {
        title: 'Rust SDK 0.8: generation 1, errors, headers, files',
        section: '8.2',
        outcome: {
          ...lines('POST /sdk-0-8 {uuid}', '/sdk-0-8', 'PATCH /echo', 'hello from a file', 'None', 'None', 'None'),
          headers: { 'x-out': 'from 0.8' },
        },
        logs: ['info: from 0.8'],
        requests: 1,
      }),
      inWorld(world, {
        title: 'Rust SDK 0.8: an error',
        section: '5',
        body: '{"name":"fail"}',
        outcome: { error: [409, 'as asked'] },
      }),
    ]),
    real('sdk-0-12', withSdk('sdk-0-12'), [
      inWorld(world, {
        title: 'Rust SDK 0.12: generation 2, _start',
        section: '8.1',
        outcome: {
          ...lines(
            BODY,
            'POST',
            'Ada',
            'GET /echo',
            'POST /echo',
            'PATCH /echo',
            'DELETE /echo',
            'failed',
            '{"data":{"method":"POST","type":"application/json","asked":"{a}"}}',
            'kept',
            'failed',
            'hello from a file',
            'None',
            'Some("")',
          ),
          headers: { 'x-out': 'from 0.12' },
        },
        logs: ['debug: failed to get_static_file: 19', 'debug: from 0.12'],
        requests: 6,
      }),
      {
        title: 'Rust SDK 0.12: an error',
        section: '5',
        request: { body: 'fail' },
        outcome: { error: [409, 'as asked'] },
      },
    ]),
    real('sdk-0-15', withSdk('sdk-0-15'), [
      inWorld(world, {
        title: 'Rust SDK 0.15: generation 3, init by its macro',
        section: '6.1',
        outcome: {
          ...lines(
            BODY,
            'POST',
            'Ada',
            'GET /echo',
            '',
            'OPTIONS /echo',
            'POST /echo content-type=application/octet-stream body=body',
            'PUT /echo',
            'PATCH /echo',
            'DELETE /echo',
            'failed: 404: status 404',
            '{"data":{"method":"POST","type":"application/json","asked":"{a}"}}',
            'kept',
            'failed: key not found',
            'hello from a file',
            'None',
            'true Some("up") too',
            '',
          ),
          headers: { 'content-type': 'text/plain' },
        },
        logs: ['error: from 0.15'],
        requests: 9,
      }),
      {
        title: 'Rust SDK 0.15: an error',
        section: '5',
        request: { body: 'fail' },
        outcome: { error: [409, 'as asked'] },
      },
    ]),
    real('sdk-0-16', withSdk('sdk-0-16'), [
      inWorld(world, {
        title: 'Rust SDK 0.16: the reduced interface, init by its macro',
        section: '6.1',
        outcome: {
          ...lines(
            BODY,
            'POST',
            'PUT /echo content-type=application/octet-stream body=body',
            'failed to requestIsAllowed: requests to this domain are disallowed',
            'true new',
          ),
          headers: { 'x-out': 'from 0.16' },
        },
        logs: ['info: from 0.16'],
        requests: 1,
      }),
      {
        title: 'Rust SDK 0.16: an error',
        section: '5',
        request: { body: 'fail' },
        outcome: { error: [409, 'as asked'] },
      },
    ]),
  ];
}
