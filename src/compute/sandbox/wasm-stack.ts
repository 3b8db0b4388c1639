/**
 * Where in its own code a guest was when it trapped or was ended (`docs/sandbox.md` §3.1).
 *
 * 1. The guest thread takes the frames from the engine (`guest-frames.ts`). 2. They cross as numbers and names. 3. Here they are
 * led back to the module as it was handed in, and names, which are the guest's words, are escaped.
 */
import { escapeGuestText } from '../capability/index.ts';
import { type CodeMap, originalFunction, originalOffset } from '../wasm/index.ts';
import { MAX_FRAMES, MAX_NAME, type PackedFrame } from './guest/index.ts';

/** One frame of guest code, in terms of the module as it was handed in. */
export interface WasmFrame {
  readonly functionIndex: number;
  /** From the name section, escaped and cut; undefined when it has none. */
  readonly name: string | undefined;
  /** Of the instruction, in bytes from the start of the module; undefined when its code is not mapped. */
  readonly offset: number | undefined;
}

/** `packed` in terms of the original module. */
export function unpackFrames(packed: readonly PackedFrame[], map: CodeMap): WasmFrame[] {
  const frames: WasmFrame[] = [];
  for (const [index, offset, name] of packed) {
    const functionIndex = originalFunction(map, index);
    if (functionIndex === undefined) continue;
    const escaped = name === undefined ? undefined : escapeGuestText(name, MAX_NAME + 1);
    frames.push({ functionIndex, name: escaped, offset: originalOffset(map, offset) });
  }
  return frames;
}

/** One line for a log: `parse[12]:0x1a2b ← run_e[9]:0x133`. */
export function describeStack(frames: readonly WasmFrame[]): string {
  return frames
    .slice(0, MAX_FRAMES)
    .map(({ functionIndex, name = '', offset }) => {
      return `${name}[${functionIndex}]${offset === undefined ? '' : `:0x${offset.toString(16)}`}`;
    })
    .join(' ← ');
}
