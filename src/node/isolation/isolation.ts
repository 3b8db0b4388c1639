import type { FunctionSandbox, SandboxOptions } from '../../compute/sandbox/index.ts';

/** In threads of the node's process, or in processes of their own without rights. */
export type Isolation = 'threads' | 'processes';

/** The sandbox of that kind. @throws {SandboxError} as `Sandbox.create` */
export async function openSandbox(isolation: Isolation, options: SandboxOptions): Promise<FunctionSandbox> {
  if (isolation === 'processes') {
    const { SandboxProcesses } = await import('../../compute/sandbox/process/index.ts');
    return new SandboxProcesses(options);
  }
  const { Sandbox } = await import('../../compute/sandbox/index.ts');
  return Sandbox.create(options);
}
