// The peer of limits.ts: runs modules as they are, in a process with the engine's own settings, and answers with the
// milliseconds and the number that the guest returned. The module is compiled once; each run has a fresh instance.
import { type WasmInstance, type WasmMemory, type WasmModule, wasm } from '../src/compute/abi/index.ts';

interface Guest {
  readonly memory: WasmMemory;
  readonly allocate: (size: number) => number;
  readonly run_e: (pointer: number, length: number, ident: number) => void;
}

const modules = new Map<string, WasmModule>();

process.on('message', ({ name, bytes }: { name: string; bytes: string | undefined }) => {
  if (bytes !== undefined) modules.set(name, new wasm.Module(Buffer.from(bytes, 'base64')));
  const module = modules.get(name);
  if (module === undefined) throw new Error(`${name} was not sent`);
  let check = 0;
  const started = performance.now();
  const instance: WasmInstance = new wasm.Instance(module, {
    env: {
      return_result: (pointer: number) => {
        const { memory } = instance.exports as unknown as Guest;
        check = new DataView(memory.buffer).getUint32(pointer, true);
      },
    },
  });
  const { allocate, run_e: run } = instance.exports as unknown as Guest;
  run(allocate(0), 0, 1);
  process.send?.({ ms: performance.now() - started, check });
});
