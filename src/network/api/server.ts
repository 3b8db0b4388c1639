import {
  type AccessControl,
  type Address,
  allowAll,
  Answers,
  type LocalMessage,
  localMessage,
  type Router,
  type Worker,
} from '../routing/index.ts';
import { randomId } from './client.ts';
import { encodeErrorBody } from './error-body.ts';
import { type ApiRequest, type ApiStatus, decodeRequest, encodeResponse } from './framing.ts';

/** What a service answers. */
export interface ApiAnswer {
  readonly status: ApiStatus;
  /** CBOR; answers other than 200 must have one, see the functions below. */
  readonly body?: Uint8Array | undefined;
}

/** A request as its service sees it. */
export interface ServedRequest extends ApiRequest {
  /** Identifier that the secure channel proved; undefined when the request came by none. */
  readonly peer: string | undefined;
  /** The path without leading slashes, split at `/`; one empty segment for `/` and for nothing. */
  readonly segments: readonly string[];
}

/** A service to start. */
export interface ApiServiceOptions {
  readonly address: Address;
  readonly incoming: AccessControl;
  /**
   * Answers one request; the next one waits until then. What it throws is reported as an error of the worker and
   * answered with 500 and no detail.
   */
  readonly serve: (request: ServedRequest) => ApiAnswer | Promise<ApiAnswer>;
  /** Told of what `serve` threw. Must not throw. */
  readonly onError: (error: unknown) => void;
  /** Requests do not wait for each other; how many are open at once is then for `serve` to bound. Default false. */
  readonly concurrent?: boolean | undefined;
}

/**
 * Starts a worker that answers requests (`node-api.md` §1). A request whose header cannot be read gets no answer: it is
 * an error of the worker, which the router counts and reports.
 */
export function startApiService(router: Router, options: ApiServiceOptions): Worker {
  const { address, incoming, serve, onError, concurrent = false } = options;
  const answers = new Answers();
  const answerTo = async (message: LocalMessage, request: ApiRequest): Promise<void> => {
    const served: ServedRequest = {
      ...request,
      peer: message.localInfo?.peerIdentifier,
      segments: request.path.replace(/^\/+/, '').split('/'),
    };
    let answer: ApiAnswer;
    try {
      answer = await serve(served);
    } catch (error) {
      onError(error);
      answer = {
        status: 500,
        body: encodeErrorBody({ path: request.path, method: request.method, message: 'internal error' }),
      };
    }
    const payload = encodeResponse({ id: randomId(router), re: request.id, status: answer.status, body: answer.body });
    answers.send(worker.mailbox, localMessage(message.return, [address], payload));
  };
  const worker: Worker = router.register({
    mailbox: { address, incoming, outgoing: allowAll },
    handle: (message) => {
      if (answers.wouldDrop(message.return)) return undefined;
      const answered = answerTo(message, decodeRequest(message.payload));
      if (!concurrent) return answered;
      void answered.catch(onError);
      return undefined;
    },
  });
  return worker;
}

/** 400: no such path, or not with this method. */
export function unknownPath(request: ApiRequest): ApiAnswer {
  return failure(400, request, 'unknown path');
}

/** 403 with the service's own words. */
export function forbidden(request: ApiRequest, message: string): ApiAnswer {
  return failure(403, request, message);
}

/** Any other failure with the service's own words. */
export function failure(status: ApiStatus, request: ApiRequest, message: string): ApiAnswer {
  return { status, body: encodeErrorBody({ path: request.path, method: request.method, message }) };
}
