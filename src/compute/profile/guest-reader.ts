import { escapeGuestText } from '../capability/index.ts';
import { type CodeMap, originalFunction, originalOffset } from '../wasm/index.ts';
import type { CallFrame, FrameReader } from './cpu-profile.ts';

/** Ours: units of a name. */
const MAX_NAME = 200;
/** What the engine puts between JavaScript and WebAssembly, and our own code that carries guests. */
const GLUE = /^(?:js-to-wasm|wasm-to-js|wasm-to-capi|js-to-js)\b|^\((?:program|garbage collector)\)$/;
const UNNAMED = /^wasm-function\[(\d+)\]$/;

/**
 * Reads the frames of one module: functions without a name by their number in the module as it was handed in, places as
 * offsets in it.
 * @param engineName what the engine calls the module.
 */
export function guestReader(engineName: string, map: CodeMap): FrameReader {
  const own = new RegExp(`^wasm://wasm/${engineName}-[0-9a-f]+$`);
  return {
    own: (frame) => (own.test(frame.url) && !GLUE.test(frame.functionName) ? guestFrame(frame, map) : undefined),
    host: ({ functionName, url }) =>
      GLUE.test(functionName) && !functionName.startsWith('(')
        ? undefined
        : {
            functionName: functionName === '' ? '(anonymous)' : functionName,
            scriptId: '0',
            url: hostPlace(url),
            lineNumber: -1,
            columnNumber: -1,
          },
  };
}

function guestFrame({ functionName, columnNumber, scriptId }: CallFrame, map: CodeMap): CallFrame {
  const index = UNNAMED.exec(functionName)?.[1];
  const original = index === undefined ? undefined : originalFunction(map, Number(index));
  return {
    functionName: original === undefined ? escapeGuestText(functionName, MAX_NAME) : `wasm-function[${original}]`,
    scriptId,
    url: 'wasm://wasm/function',
    lineNumber: 0,
    columnNumber: originalOffset(map, columnNumber) ?? columnNumber,
  };
}

/** Paths of this machine are nobody's business; that it is the host's code is enough. */
function hostPlace(url: string): string {
  return url.startsWith('node:') ? url : url === '' ? '' : 'host';
}
