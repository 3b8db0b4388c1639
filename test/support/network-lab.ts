/**
 * Hosts in network namespaces: a public network and sites behind address translation. Needs root, `ip` and `nft`.
 *
 * ```
 *   host(…)            203.0.113.x ─┐
 *                                   ├─ bridge ─ (the public network)
 *   site(…) ─ router   203.0.113.x ─┘
 *     192.168.n.2 ─ 192.168.n.1   (translated, nothing gets in from outside)
 * ```
 */
import { execFileSync, spawn, type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Why the lab cannot be built here; undefined when it can. */
export function whyNoLab(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', 'nft', 'tcpdump'].filter((tool) => spawnSync('which', [tool]).status !== 0);
  return missing.length === 0 ? undefined : `${missing.join(', ')} must be installed`;
}

/** A machine of the lab. */
export interface Host {
  readonly name: string;
  /** Address in its own network. */
  readonly address: string;
  /** A folder of its own for state. */
  readonly home: string;
  /** Runs a command to its end; standard output. Throws with standard error in the message when it fails. */
  readonly run: (command: string, args: readonly string[], options?: { timeoutMs?: number }) => string;
  /** Runs a command to its end, whatever it ends with. */
  readonly attempt: (
    command: string,
    args: readonly string[],
  ) => { status: number | null; stdout: string; stderr: string };
  /** Starts recording all that passes its link; the returned function ends that and gives the bytes. */
  readonly capture: () => Promise<() => Promise<Uint8Array>>;
}

/** A lab under construction; its namespaces have names of their own, so several can stand side by side. */
export class NetworkLab {
  readonly #prefix = `pg${process.pid.toString(36)}`;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'perigee-net-'));
  readonly #namespaces: string[] = [];
  readonly #environment: Readonly<Record<string, string>>;
  #publicHosts = 0;
  #sites = 0;

  /** @param environment of every command that hosts run. */
  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    this.#namespace('wan');
    this.#ip('wan', 'link add br0 type bridge');
    this.#ip('wan', 'link set br0 up');
  }

  /** A host with a public address. */
  host(name: string): Host {
    const address = `203.0.113.${10 + this.#publicHosts++}`;
    this.#namespace(name);
    this.#attach(name, `${address}/24`);
    return this.#host(name, address);
  }

  /** A host behind a router that translates addresses and lets nothing in. */
  site(name: string): Host {
    const number = ++this.#sites;
    const router = `${name}r`;
    this.#namespace(router);
    this.#attach(router, `203.0.113.${100 + number}/24`);
    this.#namespace(name);
    const [inner, outer] = [`${this.#prefix}i${number}`, `${this.#prefix}o${number}`];
    this.#root(`link add ${inner} type veth peer name ${outer}`);
    this.#root(`link set ${inner} netns ${this.#full(name)} name eth0`);
    this.#root(`link set ${outer} netns ${this.#full(router)} name lan0`);
    this.#ip(router, `addr add 192.168.${number}.1/24 dev lan0`);
    this.#ip(router, 'link set lan0 up');
    this.#ip(name, `addr add 192.168.${number}.2/24 dev eth0`);
    this.#ip(name, 'link set eth0 up');
    this.#ip(name, `route add default via 192.168.${number}.1`);
    const inside = this.#exec(router);
    inside('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    const rules =
      'table ip lab { chain out { type nat hook postrouting priority 100; oifname "eth0" masquerade; }; ' +
      'chain in { type filter hook forward priority 0; policy drop; iifname "lan0" accept; ct state established,related accept; }; }';
    inside('nft', [rules]);
    return this.#host(name, `192.168.${number}.2`);
  }

  /** Ends every process in the lab and takes it down. */
  [Symbol.dispose](): void {
    for (const namespace of this.#namespaces.toReversed()) {
      const pids = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).stdout;
      for (const pid of pids.split('\n').filter((line) => line !== '')) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
      spawnSync('ip', ['netns', 'delete', namespace]);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  #full(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #namespace(name: string): void {
    this.#root(`netns add ${this.#full(name)}`);
    this.#namespaces.push(this.#full(name));
    this.#ip(name, 'link set lo up');
  }

  /** Plugs `name` into the public network as eth0. */
  #attach(name: string, address: string): void {
    const number = this.#namespaces.length;
    const [own, port] = [`${this.#prefix}a${number}`, `${this.#prefix}b${number}`];
    this.#root(`link add ${own} type veth peer name ${port}`);
    this.#root(`link set ${own} netns ${this.#full(name)} name eth0`);
    this.#root(`link set ${port} netns ${this.#full('wan')}`);
    this.#ip('wan', `link set ${port} master br0`);
    this.#ip('wan', `link set ${port} up`);
    this.#ip(name, `addr add ${address} dev eth0`);
    this.#ip(name, 'link set eth0 up');
  }

  #host(name: string, address: string): Host {
    const home = path.join(this.#folder, name);
    const env = { ...process.env, ...this.#environment, HOME: home, PERIGEE_HOME: path.join(home, '.perigee') };
    const args = (command: string, rest: readonly string[]): string[] => [
      'netns',
      'exec',
      this.#full(name),
      command,
      ...rest,
    ];
    execFileSync('mkdir', ['-p', home]);
    return {
      name,
      address,
      home,
      run: (command, rest, { timeoutMs = 60_000 } = {}) => {
        const done = spawnSync('ip', args(command, rest), { env, encoding: 'utf8', timeout: timeoutMs, cwd: home });
        if (done.status !== 0)
          throw new Error(`${name}: ${command} ${rest.join(' ')} → ${done.status ?? done.signal}\n${done.stderr}`);
        return done.stdout;
      },
      attempt: (command, rest) => {
        const { status, stdout, stderr } = spawnSync('ip', args(command, rest), {
          env,
          encoding: 'utf8',
          timeout: 60_000,
          cwd: home,
        });
        return { status, stdout, stderr };
      },
      capture: async () => {
        const file = path.join(this.#folder, `${name}.pcap`);
        const child = spawn('ip', args('tcpdump', ['-i', 'eth0', '-U', '--immediate-mode', '-Z', 'root', '-w', file]), {
          env,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        await says(child, /listening on/);
        return async () => {
          const exited = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGINT');
          await exited;
          return existsSync(file) ? readFileSync(file) : new Uint8Array();
        };
      },
    };
  }

  #exec(name: string): (command: string, args: readonly string[]) => void {
    return (command, args) => void execFileSync('ip', ['netns', 'exec', this.#full(name), command, ...args]);
  }

  #ip(name: string, command: string): void {
    execFileSync('ip', ['-n', this.#full(name), ...command.split(' ')]);
  }

  #root(command: string): void {
    execFileSync('ip', command.split(' '));
  }
}

/** Resolves when `child` has written something that matches on standard error. */
function says(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
    child.stderr?.on('data', (chunk) => {
      text += String(chunk);
      if (pattern.test(text)) resolve();
    });
  });
}
