// oxlint-disable import/no-default-export -- workerd takes the handler from there
// The Runnable ABI as far as an echo needs it, written the plainest way: a fresh instance for every request.
import guest from './guest.wasm';

export default {
  async fetch(request) {
    const input = new Uint8Array(await request.arrayBuffer());
    let output = new Uint8Array();
    const instance = new WebAssembly.Instance(guest, {
      env: {
        return_result: (pointer, length) => {
          output = new Uint8Array(instance.exports.memory.buffer, pointer >>> 0, length >>> 0).slice();
        },
      },
    });
    const { allocate, deallocate, memory, run_e: run } = instance.exports;
    const pointer = allocate(input.length);
    new Uint8Array(memory.buffer).set(input, pointer);
    run(pointer, input.length, 1);
    deallocate(pointer, input.length);
    return new Response(output, { headers: { 'content-type': 'application/octet-stream' } });
  },
};
