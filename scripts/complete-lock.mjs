// Completes package-lock.json after `npm install`: optional packages for other platforms that the registry in use did not
// serve are missing from it, and `npm ci` then refuses the lock everywhere. They are entered by version and platform.
import { readFileSync, writeFileSync } from 'node:fs';

// The folder whose lock it is may be named; it is the project's own otherwise.
const folder = process.argv[2] === undefined ? '' : `${process.argv[2].replace(/\/$/, '')}/`;
const file = new URL(`../${folder}package-lock.json`, import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;
let added = 0;

for (const [path, entry] of Object.entries(packages)) {
  if (path === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`node_modules/${name}`] !== undefined || packages[`${path}/node_modules/${name}`] !== undefined)
      continue;
    const platform = platformOf(name);
    if (platform === undefined || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`cannot enter ${name}@${version}`);
    const dev = entry.dev === true ? { dev: true } : {};
    packages[`node_modules/${name}`] = { version, ...platform, ...dev, optional: true };
    added++;
  }
}

lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} packages entered\n`);

/** `…-linux-arm64-musl` → what npm needs to know not to install it elsewhere. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const renamed = words.map((word) => ({ windows: 'win32', 64: 'x64' })[word] ?? word);
  const os = renamed.find((word) => ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'].includes(word));
  const cpu = renamed.find((word) => ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'].includes(word));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.find((word) => word.startsWith('musl') || word.startsWith('gnu'));
  return {
    cpu: [cpu],
    os: [os],
    ...(libc === undefined ? {} : { libc: [libc.startsWith('musl') ? 'musl' : 'glibc'] }),
  };
}
