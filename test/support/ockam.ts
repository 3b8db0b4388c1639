import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Why the stock command cannot be used here; undefined when it can. */
export function whyNoOckam(): string | undefined {
  const found = spawnSync('ockam', ['--version'], { encoding: 'utf8' });
  if (found.error !== undefined) return 'the ockam command is not installed';
  return found.stdout.includes('ockam 0.139') ? undefined : 'the ockam command is not version 0.139';
}

/** The stock command with a home of its own. */
export class Ockam implements AsyncDisposable {
  readonly home: string = mkdtempSync(path.join(os.tmpdir(), 'perigee-ockam-'));

  /** Runs a command to its end; standard output without white space around it. Throws what it says when it fails. */
  async run(...args: readonly string[]): Promise<string> {
    const env = {
      ...process.env,
      OCKAM_HOME: this.home,
      OCKAM_DISABLE_UPGRADE_CHECK: 'true',
      OCKAM_OPENTELEMETRY_EXPORT: 'false',
      NO_INPUT: 'true',
      QUIET: 'true',
    };
    const running = promisify(execFile)('ockam', args, { env, timeout: 60_000 });
    running.child.stdin?.end();
    return (await running).stdout.trim();
  }

  /** Starts a node and gives the address of its TCP listener. */
  async createNode(name: string): Promise<string> {
    await this.run('node', 'create', name, '--tcp-listener-address', '127.0.0.1:0');
    const shown: unknown = JSON.parse(await this.run('node', 'show', name, '--output', 'json'));
    const { transports } = shown as { transports: { socket_addr: string }[] };
    return transports[0]?.socket_addr ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run('node', 'delete', '--all', '--yes').catch(() => undefined);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10 });
  }
}
