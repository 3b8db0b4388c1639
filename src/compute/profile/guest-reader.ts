import { escapeGuestText } from '../capability/index.ts';
import { type CodeMap, originalFunction, originalOffset, RENEW_EXPORT } from '../wasm/index.ts';
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
  return {
    functionName: index === undefined ? escapeGuestText(functionName, MAX_NAME) : nameOf(Number(index), map),
    scriptId,
    url: 'wasm://wasm/function',
    lineNumber: 0,
    columnNumber: originalOffset(map, columnNumber) ?? columnNumber,
  };
}

/** By the number that the function has in the module as it was handed in; of those that were put in, only one is code of the module. */
function nameOf(index: number, map: CodeMap): string {
  const original = originalFunction(map, index);
  return original === undefined ? RENEW_EXPORT : `wasm-function[${original}]`;
}

/** Paths of this machine are nobody's business; that it is the host's code is enough. */
function hostPlace(url: string): string {
  return url.startsWith('node:') ? url : url === '' ? '' : 'host';
}
