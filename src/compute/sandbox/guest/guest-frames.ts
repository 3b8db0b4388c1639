/**
 * Takes from the engine where a guest was; for guest threads, which import nothing of the system (`docs/sandbox.md` §6).
 */
import { wasm } from '../../abi/index.ts';
import { TRAMPOLINE } from './coroutines.ts';

/** Ours: frames that are kept, innermost first; what the engine collects, host functions on top included; units of a name. */
export const MAX_FRAMES = 24;
const MAX_COLLECTED = 40;
export const MAX_NAME = 120;

/** At the end, where the engine writes it: what stands before may be the guest's. */
const PLACE = /:wasm-function\[(\d+)\]:0x[0-9a-f]+\)?$/;

/** A frame as the engine shows it; its text is the only place that tells a function's number. */
type Site = NodeJS.CallSite & { readonly toString: () => string };

/** A frame in terms of the rewritten module; the name is the guest's words, cut. */
export type PackedFrame = readonly [functionIndex: number, offset: number, name: string | undefined];

/** Makes errors of this thread remember enough frames. */
export function collectFrames(): void {
  Error.stackTraceLimit = MAX_COLLECTED;
}

/**
 * The frames of guest code in the stack of `error`, innermost first; none when it was thrown elsewhere or its stack has been
 * read before.
 */
export function guestFrames(error: Error): PackedFrame[] {
  const trampoline = scriptOfTrampoline();
  const frames: PackedFrame[] = [];
  for (const site of sitesOf(error)) {
    const index = PLACE.exec(String(site))?.[1];
    if (index === undefined || site.getScriptNameOrSourceURL() === trampoline) continue;
    const name = site.getFunctionName() ?? undefined;
    const shown = name !== undefined && name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
    frames.push([Number(index), site.getPosition(), shown]);
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

let script: string | undefined;

/** How the engine calls the code that calls guests: its frames are ours. */
function scriptOfTrampoline(): string {
  if (script !== undefined) return script;
  let caught: readonly Site[] = [];
  const step = (): number => {
    caught = sitesOf(new Error('for its stack'));
    throw new Error('once is enough');
  };
  const { exports } = new wasm.Instance(new wasm.Module(TRAMPOLINE), { h: { step } });
  try {
    (exports['run'] as (id: number) => void)(0);
  } catch {
    // Thrown by `step`, whose work is done.
  }
  script = caught.find((site) => PLACE.test(String(site)))?.getScriptNameOrSourceURL() ?? '';
  return script;
}

/** The engine makes the text of a stack when it is first read, by a function that may be exchanged. */
function sitesOf(error: Error): readonly Site[] {
  const before: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.prepareStackTrace = (_error, sites) => sites;
  try {
    const sites: unknown = error.stack;
    return Array.isArray(sites) ? (sites as Site[]) : [];
  } finally {
    Reflect.set(Error, 'prepareStackTrace', before);
  }
}
