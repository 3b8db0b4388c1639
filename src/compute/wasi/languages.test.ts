import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { capabilities, realClock } from '../../../test/support/guests.ts';
import { compileC, compileGo, compileRust } from '../../../test/support/compilers.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { type CallOptions, type CallResult, Sandbox } from '../sandbox/index.ts';

// Real programs, compiled here: a command's input is its standard input, its result what it writes to its standard output.

let sandbox: Sandbox;
let folder: string;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  folder = mkdtempSync(path.join(tmpdir(), 'perigee-wasi-'));
  mkdirSync(path.join(folder, 'granted/sub'), { recursive: true });
  mkdirSync(path.join(folder, 'fixed'));
  writeFileSync(path.join(folder, 'secret'), 'secret');
  writeFileSync(path.join(folder, 'granted/hello.txt'), 'hello from the host');
  writeFileSync(path.join(folder, 'granted/sub/deep.txt'), 'deep');
  writeFileSync(path.join(folder, 'fixed/config'), 'fixed');
  symlinkSync('../secret', path.join(folder, 'granted/way-out'));
  symlinkSync('sub/deep.txt', path.join(folder, 'granted/inside'));
});

after(async () => {
  await sandbox.close(1000);
  rmSync(folder, { recursive: true });
});

async function run(
  bytes: Uint8Array,
  options: Partial<CallOptions> = {},
): Promise<{ result: CallResult; log: string[] }> {
  const module = sandbox.load(bytes);
  const log: string[] = [];
  const granted = capabilities({ log: (level, line) => log.push(`${level}: ${line}`) });
  const result = await sandbox.call(module, { capabilities: granted, ...options });
  sandbox.unload(module);
  return { result, log };
}

function textOf({ result, log }: { result: CallResult; log: string[] }): string {
  assert.equal(result.kind, 'output', `${JSON.stringify(result)} ${log.join('\n')}`);
  return result.kind === 'output' && result.output !== undefined ? fromUtf8(result.output) : '(nil)';
}

const GO_PROGRAM = `package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

func fail(what string, err error) string {
	if err == nil {
		return what + ": NO ERROR"
	}
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return what + ": " + err.Error()
}

func main() {
	fmt.Println("arguments", os.Args)
	fmt.Println("environment", os.Environ())
	input, _ := io.ReadAll(os.Stdin)
	fmt.Println("input", string(input))
	fs.WalkDir(os.DirFS("/data"), ".", func(path string, entry fs.DirEntry, err error) error {
		fmt.Println("walk", path, entry.Type(), err)
		return nil
	})
	text, err := os.ReadFile("/data/hello.txt")
	fmt.Println("read", string(text), err)
	text, err = os.ReadFile("/data/inside")
	fmt.Println("link", string(text), err)
	fmt.Println("write", os.WriteFile("/data/sub/made.txt", []byte("made by go"), 0o644))
	info, err := os.Stat("/data/sub/made.txt")
	fmt.Println("stat", info.Size(), info.Mode().IsRegular(), err)
	log, err := os.OpenFile("/data/log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	fmt.Println("append", err)
	log.WriteString("one\\n")
	log.WriteString("two\\n")
	fmt.Println("close", log.Close())
	fmt.Println("rename", os.Rename("/data/log", "/data/sub/log"))
	begin := time.Now()
	time.Sleep(50 * time.Millisecond)
	slept := time.Since(begin)
	fmt.Println("slept", slept >= 50*time.Millisecond, slept < 10*time.Second)
	_, err = os.ReadFile("/data/way-out")
	fmt.Println(fail("link out", err))
	_, err = os.ReadFile("/data/../secret")
	fmt.Println(fail("dots", err))
	_, err = os.ReadFile("/etc/passwd")
	fmt.Println(fail("elsewhere", err))
	fmt.Println(fail("read-only", os.WriteFile("/fixed/config", nil, 0o644)))
	fmt.Println(fail("remove", os.Remove("/fixed/config")))
	fmt.Fprintln(os.Stderr, "to the log")
}
`;

test('Go: arguments, environment, input, files, sleep, and refusals', async (t) => {
  const program = await compileGo(GO_PROGRAM, 'command');
  if ('missing' in program) return t.skip(program.missing);
  const outcome = await run(program, {
    input: utf8('given'),
    wasi: {
      arguments: ['program', 'one', 'two'],
      environment: { NAME: 'value' },
      directories: [
        { guestPath: '/data', hostPath: path.join(folder, 'granted'), writable: true },
        { guestPath: '/fixed', hostPath: path.join(folder, 'fixed'), writable: false },
      ],
    },
  });
  assert.deepEqual(textOf(outcome).trimEnd().split('\n'), [
    'arguments [program one two]',
    'environment [NAME=value]',
    'input given',
    'walk . d--------- <nil>',
    'walk hello.txt ---------- <nil>',
    'walk inside L--------- <nil>',
    'walk sub d--------- <nil>',
    'walk sub/deep.txt ---------- <nil>',
    'walk way-out L--------- <nil>',
    'read hello from the host <nil>',
    'link deep <nil>',
    'write <nil>',
    'stat 10 true <nil>',
    'append <nil>',
    'close <nil>',
    'rename <nil>',
    'slept true true',
    'link out: Capabilities insufficient',
    'dots: Bad file number',
    'elsewhere: Bad file number',
    'read-only: Read-only file system',
    'remove: Read-only file system',
  ]);
  assert.deepEqual(outcome.log, ['error: to the log']);
  assert.equal(readFileSync(path.join(folder, 'granted/sub/made.txt'), 'utf8'), 'made by go');
  assert.equal(readFileSync(path.join(folder, 'granted/sub/log'), 'utf8'), 'one\ntwo\n');
  assert.equal(readFileSync(path.join(folder, 'fixed/config'), 'utf8'), 'fixed');
});

test('Go: with nothing granted there is the input, the output, a clock, and no file', async (t) => {
  const source = `package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

func main() {
	input, _ := bufio.NewReader(os.Stdin).ReadString('\\n')
	_, err := os.ReadDir("/")
	time.Sleep(time.Millisecond)
	fmt.Println(len(os.Args), len(os.Environ()), input, err != nil, time.Now().Year() > 2000)
}
`;
  const program = await compileGo(source, 'command');
  if ('missing' in program) return t.skip(program.missing);
  assert.equal(textOf(await run(program, { input: utf8('in') })), '0 0 in true true\n');
});

const C_PROGRAM = `
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const char *what, int result) { printf("%s: %s\\n", what, result < 0 ? strerror(errno) : "ok"); }

int main(int count, char **arguments) {
  printf("%d %s %s\\n", count, arguments[1], getenv("NAME"));
  char input[16] = {0};
  printf("%zu %s\\n", fread(input, 1, 15, stdin), input);
  check("mkdir", mkdir("/data/c", 0755));
  check("mkdir again", mkdir("/data/c", 0755));
  FILE *file = fopen("/data/c/file", "w+");
  fputs("hello, world", file);
  fseek(file, 7, SEEK_SET);
  fputs("C", file);
  fseek(file, -1, SEEK_END);
  printf("%ld %c\\n", ftell(file), fgetc(file));
  fclose(file);
  check("truncate", truncate("/data/c/file", 8));
  struct stat status;
  check("stat", stat("/data/c/file", &status));
  printf("%lld %d\\n", (long long)status.st_size, S_ISREG(status.st_mode));
  check("symlink", symlink("file", "/data/c/link"));
  char target[8] = {0};
  printf("%zd %s\\n", readlink("/data/c/link", target, 7), target);
  check("link", link("/data/c/file", "/data/c/second"));
  check("symlink out", symlink("../../secret", "/data/c/out"));
  check("symlink absolute", symlink("/etc/passwd", "/data/c/out"));
  int found = 0;
  DIR *directory = opendir("/data/c");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) found++;
  rewinddir(directory);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) found++;
  closedir(directory);
  printf("%d\\n", found);
  check("rmdir", rmdir("/data/c"));
  check("unlink directory", unlink("/data/c"));
  check("unlink", unlink("/data/c/link"));
  check("unlink", unlink("/data/c/second"));
  check("rename", rename("/data/c/file", "/data/c.txt"));
  check("rmdir", rmdir("/data/c"));
  check("open", open("/data/way-out", O_RDONLY));
  check("dots", open("/data/sub/../../secret", O_RDONLY));
  check("elsewhere", open("/secret", O_RDONLY));
  check("read-only", open("/fixed/new", O_CREAT | O_WRONLY, 0644));
  return usleep(1000);
}
`;

test('C: what libc does with files', async (t) => {
  const program = await compileC(C_PROGRAM, 'command');
  if ('missing' in program) return t.skip(program.missing);
  const outcome = await run(program, {
    input: utf8('in'),
    wasi: {
      arguments: ['program', 'one'],
      environment: { NAME: 'value' },
      directories: [
        { guestPath: '/data', hostPath: path.join(folder, 'granted'), writable: true },
        { guestPath: '/fixed', hostPath: path.join(folder, 'fixed'), writable: false },
      ],
    },
  });
  assert.deepEqual(textOf(outcome).trimEnd().split('\n'), [
    '2 one value',
    '2 in',
    'mkdir: ok',
    'mkdir again: File exists',
    '11 d',
    'truncate: ok',
    'stat: ok',
    '8 1',
    'symlink: ok',
    '4 file',
    'link: ok',
    'symlink out: Capabilities insufficient',
    'symlink absolute: Capabilities insufficient',
    // Three names with `.` and `..`, twice.
    '10',
    'rmdir: Directory not empty',
    'unlink directory: Is a directory',
    'unlink: ok',
    'unlink: ok',
    'rename: ok',
    'rmdir: ok',
    'open: Capabilities insufficient',
    'dots: Capabilities insufficient',
    'elsewhere: Capabilities insufficient',
    'read-only: Read-only file system',
  ]);
  assert.equal(readFileSync(path.join(folder, 'granted/c.txt'), 'utf8'), 'hello, C');
});

const RUST_PROGRAM = `
use std::{env, fs, io::{self, Read, Seek, SeekFrom, Write}, thread, time::{Duration, Instant}};

fn main() {
    println!("{:?} {:?}", env::args().collect::<Vec<_>>(), env::var("NAME"));
    let mut input = String::new();
    io::stdin().read_to_string(&mut input).unwrap();
    println!("{input}");
    let mut names: Vec<_> = fs::read_dir("/fixed").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{names:?} {:?}", fs::read_to_string("/fixed/config"));
    fs::create_dir_all("/data/r/s").unwrap();
    let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open("/data/r/s/file").unwrap();
    file.write_all(&[b'x'; 3_000_000]).unwrap();
    file.seek(SeekFrom::Start(1)).unwrap();
    let mut all = Vec::new();
    println!("{:?} {:?}", file.read_to_end(&mut all), file.metadata().unwrap().len());
    println!("{:?}", fs::OpenOptions::new().write(true).create_new(true).open("/data/r/s/file").map_err(|error| error.kind()).err());
    drop(file);
    fs::remove_dir_all("/data/r").unwrap();
    println!("{}", fs::metadata("/data/r").is_err());
    let begin = Instant::now();
    thread::sleep(Duration::from_millis(20));
    println!("{}", begin.elapsed() >= Duration::from_millis(20));
    println!("{:?}", fs::write("/fixed/config", "x").map_err(|error| error.raw_os_error()));
    println!("{:?}", fs::read("/data/way-out").map_err(|error| error.raw_os_error()));
}
`;

test('Rust: what its standard library does with files', async (t) => {
  const program = await compileRust(RUST_PROGRAM, 'command');
  if ('missing' in program) return t.skip(program.missing);
  const outcome = await run(program, {
    input: utf8('in'),
    wasi: {
      arguments: ['program'],
      environment: { NAME: 'value' },
      directories: [
        { guestPath: '/data', hostPath: path.join(folder, 'granted'), writable: true },
        { guestPath: '/fixed', hostPath: path.join(folder, 'fixed'), writable: false },
      ],
    },
  });
  assert.deepEqual(textOf(outcome).trimEnd().split('\n'), [
    '["program"] Ok("value")',
    'in',
    '["config"] Ok("fixed")',
    'Ok(2999999) 3000000',
    'Some(AlreadyExists)',
    'true',
    'true',
    'Err(Some(69))',
    'Err(Some(76))',
  ]);
});

const C_REACTOR = `
#include <stdio.h>
#include <stdlib.h>

__attribute__((import_module("env"), import_name("return_result"))) void return_result(const char *, int, int);
static int started;
__attribute__((constructor)) static void start(void) { started = 1; }
__attribute__((export_name("allocate"))) void *allocate(int size) { return malloc(size + 1); }
__attribute__((export_name("deallocate"))) void deallocate(void *pointer, int size) { free(pointer); }
__attribute__((export_name("run_e"))) void run(char *name, int size, int ident) {
  name[size] = 0;
  static char output[256];
  char text[64] = {0};
  FILE *file = fopen(name, "r");
  if (file != NULL) fread(text, 1, 63, file);
  return_result(output, snprintf(output, 255, "%d %s", started, file == NULL ? "none" : text), ident);
}
`;

test('C: a reactor is a function that may have files', async (t) => {
  const reactor = await compileC(C_REACTOR, 'reactor');
  if ('missing' in reactor) return t.skip(reactor.missing);
  const directories = [{ guestPath: '/fixed', hostPath: path.join(folder, 'fixed'), writable: false }];
  const input = utf8('/fixed/config');
  assert.equal(textOf(await run(reactor, { input, wasi: { directories } })), '1 fixed');
  assert.equal(textOf(await run(reactor, { input, wasi: {} })), '1 none');
  assert.equal(textOf(await run(reactor, { input })), '1 none');
});
