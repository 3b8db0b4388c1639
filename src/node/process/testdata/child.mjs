// What a process in the background may do when it is started: argument 2 says what.
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { leaveParent, reportFailure, reportReady } from '../index.ts';
import { NodeError } from '../../errors.ts';

const what = process.argv[2];
const alive = setInterval(() => undefined, 1000);
process.once('SIGTERM', () => {
  clearInterval(alive);
  leaveParent();
});
if (what === 'ready') await reportReady(false);
else if (what === 'tied') {
  const life = connect(path.join(process.argv[3] ?? '', 'life.sock'));
  await once(life, 'connect');
  // It does not keep this process alive, it ends with it.
  life.unref();
  await reportReady(true);
} else if (what === 'stubborn') {
  process.removeAllListeners('SIGTERM').on('SIGTERM', () => undefined);
  await reportReady(false);
} else if (what === 'fail') {
  await reportFailure(new NodeError('NODE_LISTEN', 'no port', { cause: new Error('inner'), remedy: 'another one' }));
  process.exit(70);
} else if (what === 'crash') throw new Error('last words');
else if (what === 'exit') process.exit(3);
