import { decodeBareString, encodeBareString } from '../../kernel/bare/index.ts';
import { type AccessControl, allOf, allowAll, allowCarried, denied, ALLOWED } from './access-control.ts';
import { Answers } from './answers.ts';
import { localMessage, payloadLength } from './local-message.ts';
import { type Address, localAddress, prepend } from './wire/index.ts';
import type { Router } from './router.ts';
import type { Worker } from './worker.ts';

/** Where a simple service listens and who may use it. */
export interface ServiceOptions {
  /** Default: the name of the service. */
  readonly address?: Address | undefined;
  /** Who may reach it, beside flow control. */
  readonly incoming: AccessControl;
}

/** Answers every message with its own payload (`routing.md` §17.1). */
export function startEcho(router: Router, options: ServiceOptions): Worker {
  const address = options.address ?? localAddress('echo');
  const answers = new Answers();
  const worker: Worker = router.register({
    mailbox: { address, incoming: allOf(allowCarried, options.incoming), outgoing: allowAll },
    handle: (message) => answers.send(worker.mailbox, localMessage(message.return, [address], message.payload)),
  });
  return worker;
}

/** Ours: bytes of a text that is put in upper case, by which it becomes three times as long at worst. */
const MAX_TEXT_BYTES = 1024 * 1024;
const SHORT_TEXT: AccessControl = ({ message }) =>
  payloadLength(message) <= MAX_TEXT_BYTES ? ALLOWED : TOO_LONG_A_TEXT;
const TOO_LONG_A_TEXT = denied('the text is too long');

/** Answers a BARE string with its upper-case form; anything else is left without an answer (`routing.md` §17.2). */
export function startUppercase(router: Router, options: ServiceOptions): Worker {
  const address = options.address ?? localAddress('uppercase');
  const answers = new Answers();
  const worker: Worker = router.register({
    mailbox: { address, incoming: allOf(SHORT_TEXT, options.incoming), outgoing: allowAll },
    handle: (message) => {
      const answer = encodeBareString(decodeBareString(message.payload).toUpperCase());
      answers.send(worker.mailbox, localMessage(message.return, [address], answer));
    },
  });
  return worker;
}

/** Passes every message on to its next hop and puts itself into the way back (`routing.md` §17.3). */
export function startHop(router: Router, options: ServiceOptions): Worker {
  const address = options.address ?? localAddress('hop');
  const worker: Worker = router.register({
    mailbox: { address, incoming: allOf(allowCarried, options.incoming), outgoing: allowAll },
    handle: (message) =>
      worker.mailbox.send(
        localMessage(message.onward.slice(1), prepend(address, message.return), message.payload, message.localInfo),
      ),
  });
  return worker;
}
