// Not by an import: every short command looks at processes (`hardening.md` §6).
const { readFileSync } = process.getBuiltinModule('node:fs');

/** A process, known again even when its number is used by another one later. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the words of the operating system. */
  readonly startedAt: string;
}

/** Whether a process runs, waits for its parent to take notice of its end, or is gone. */
export type ProcessState = 'running' | 'zombie' | 'stopped';

/** This process. */
export function ownProcess(): ProcessId {
  const entry = look(process.pid);
  return { pid: process.pid, startedAt: entry?.startedAt ?? '' };
}

/** How the process stands; `stopped` also when another one has its number now. */
export function processState({ pid, startedAt }: ProcessId): ProcessState {
  const entry = look(pid);
  if (entry === undefined || entry.startedAt !== startedAt) return 'stopped';
  return entry.zombie ? 'zombie' : 'running';
}

interface Entry {
  readonly startedAt: string;
  readonly zombie: boolean;
}

function look(pid: number): Entry | undefined {
  return process.platform === 'linux' ? lookInProc(pid) : lookByPs(pid);
}

/** `/proc/<pid>/stat`: after the name in parentheses, which may hold anything, the 1st field is the state and the 20th the start. */
function lookInProc(pid: number): Entry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { startedAt: `${bootId()} ${fields[19]}`, zombie: fields[0] === 'Z' };
}

let boot: string | undefined;

/** Start times count from the boot, so that they mean nothing without knowing which one. */
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 8);
  return boot;
}

function lookByPs(pid: number): Entry | undefined {
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  let text: string;
  try {
    text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // It says by its exit code that there is no such process.
    return undefined;
  }
  const [, state = '', startedAt] = /^(\S+)\s+(.+?)\s*$/.exec(text.trim()) ?? [];
  return startedAt === undefined ? undefined : { startedAt, zombie: state.startsWith('Z') };
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
