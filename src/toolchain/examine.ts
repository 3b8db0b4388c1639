/** Whether a module can run at all, before anyone deploys it. */
import { type GuestProfile, profileOf, wasm, type WasmModule } from '../compute/abi/index.ts';
import { DEFAULT_MODULE_LIMITS, prepareModule } from '../compute/wasm/index.ts';
import { quoted } from '../kernel/index.ts';
import { ToolchainError } from './errors.ts';
import type { Findings } from './finding.ts';

/** What a Sat gives a guest when its owner says nothing: 128 MiB. */
const LIMITS = { ...DEFAULT_MODULE_LIMITS, maxMemoryPages: 2048 };

/**
 * What the module in `bytes` wants of its host; `undefined`, with a finding about `file`, when no sandbox with default limits
 * would take it.
 */
export async function examineModule(
  bytes: Uint8Array,
  file: string,
  findings: Findings,
): Promise<GuestProfile | undefined> {
  return findings.attempt(file, () => {
    const prepared = prepareModule(bytes, LIMITS);
    const profile = profileOf(bytes, prepared, { startExport: prepared.startExport });
    compile(prepared.bytes);
    return profile;
  });
}

/** Types are the engine's business: a module that was well formed may still be wrong. */
function compile(bytes: Uint8Array): WasmModule {
  try {
    return new wasm.Module(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^WebAssembly\.Module\(\): /, '') : '';
    throw new ToolchainError('TOOLCHAIN_MODULE', `the engine does not accept the module: ${quoted(why)}`, { cause });
  }
}
