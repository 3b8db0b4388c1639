import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const ROOT = path.join(import.meta.dirname, '..', '..');
const UNIT = path.join(ROOT, 'examples', 'hardening', 'perigee@.service');
const NOBODY = '65534';
/** The exposure that systemd may find at most, in tenths. */
const MOST_EXPOSURE = 20;

const directory = mkdtempSync(path.join(tmpdir(), 'perigee-hardening-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('systemd finds no fault with the unit, and little exposure', { skip: missing('systemd-analyze') }, () => {
  const unit = path.join(directory, 'perigee@edge-1.service');
  // systemd wants the program to be there.
  const program = path.join(ROOT, 'bin', 'perigee');
  writeFileSync(unit, readFileSync(UNIT, 'utf8').replaceAll('/usr/bin/perigee', program));
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  const complaints = verified.stderr.split('\n').filter((line) => line.includes('perigee@'));
  assert.deepEqual([verified.status, complaints], [0, []], verified.stderr);
  const options = ['security', '--offline=true', `--threshold=${MOST_EXPOSURE}`, '--no-pager', unit];
  const judged = spawnSync('systemd-analyze', options, { encoding: 'utf8' });
  assert.equal(judged.status, 0, judged.stdout.split('\n').slice(-5).join('\n'));
});

test('a function is served from a read-only system by a user without any privilege', {
  skip: cannotConfine(),
}, async () => {
  // In a mount namespace of its own: everything read-only but a tmpfs for the home, then the user and the privileges are dropped.
  const script = `set -e
    mount --make-rprivate /
    mkdir app home
    chmod 755 .
    mount --bind "$1" app
    mount -t tmpfs -o size=64m,mode=0700,uid=${NOBODY},gid=${NOBODY} tmpfs home
    mount -o remount,ro,bind /
    mount -o remount,ro,bind app
    exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
      env -i HOME="$PWD/home" PERIGEE_HOME="$PWD/home/perigee" PATH=/usr/bin:/bin \\
      "$2" app/bin/perigee sat run app/examples/guests/echo-1-page.wasm --isolation processes`;
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', ROOT, process.execPath], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
  const exited = once(child, 'exit');
  try {
    const first = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
    assert.match(String(first[0]), /^\{/, stderr);
    const { listening } = JSON.parse(String(first[0])) as { listening: string };
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    for (const line of [
      /^Uid:\s65534\s65534\s65534\s65534$/m,
      /^CapEff:\s0+$/m,
      /^CapBnd:\s0+$/m,
      /^NoNewPrivs:\s1$/m,
    ]) {
      assert.match(status, line);
    }
    const answer = await fetch(listening, { method: 'POST', body: 'confined' });
    assert.deepEqual([answer.status, await answer.text()], [200, 'confined']);
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
});

function missing(program: string): string | false {
  return spawnSync('which', [program]).status === 0 ? false : `${program} is not installed`;
}

/** Why this machine cannot make the confinement; false when it can. */
function cannotConfine(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const lacking = missing('unshare') || missing('setpriv');
  if (lacking !== false) return lacking;
  try {
    execFileSync('unshare', ['--mount', 'true']);
    return false;
  } catch {
    return 'mount namespaces are not allowed here';
  }
}
