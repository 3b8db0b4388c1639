/** What a running call asks of its gateway (`constellation.md` §6.5), decided here whatever the Sat thinks. */
import { CodedError } from '../../kernel/index.ts';
import type { CapabilityAnswer } from '../../compute/capability/index.ts';
import { type Answer, ProtocolError, type Question } from '../protocol/index.ts';
import type { Call } from './call.ts';

/** Ours: a function waits for one answer at a time; a few more may be on their way when it is ended. */
const MAX_QUESTIONS = 8;

const CALL_OVER = new Error('the call has ended');

/** The answer to a question of a call that has ended in the meantime. */
export const TOO_LATE: Answer = { ok: false, reason: 'failed', message: 'the call has ended' };

/**
 * Answers `question` of `call`; the promise never rejects.
 * @throws {ProtocolError} CONSTELLATION_TOO_MANY_FRAMES
 */
export function answerQuestion(call: Call, question: Question): Promise<Answer> {
  const asking = (call.asking ??= { controller: new AbortController(), open: 0 });
  if (asking.open >= MAX_QUESTIONS) {
    throw new ProtocolError('CONSTELLATION_TOO_MANY_FRAMES', `a call asks more than ${MAX_QUESTIONS} things at once`);
  }
  asking.open++;
  return ask(call, question, asking.controller.signal).finally(() => asking.open--);
}

/** Ends what `call` asks: nobody waits for it any more. */
export function endQuestions(call: Call): void {
  call.asking?.controller.abort(CALL_OVER);
  call.asking = undefined;
}

async function ask(call: Call, question: Question, signal: AbortSignal): Promise<Answer> {
  try {
    return await useCapability(call, question, signal);
  } catch (error) {
    // What a capability throws was meant for nobody; the function learns the code at most.
    const message = error instanceof CodedError ? error.code : 'the gateway could not answer';
    return { ok: false, reason: 'failed', message };
  }
}

function useCapability(call: Call, question: Question, signal: AbortSignal): Promise<CapabilityAnswer> {
  const { capabilities } = call.function;
  const { name } = question;
  switch (question.kind) {
    case 'cache-get':
      return capabilities.cacheGet(name, signal);
    case 'cache-set':
      // A copy: the cache keeps it, and the value is a view of a larger message.
      return capabilities.cacheSet(name, question.value.slice(), question.ttlSeconds, signal);
    case 'static-file':
      return capabilities.staticFile(name, signal);
    default:
      return capabilities.secret(name, signal);
  }
}
