import { type Route, type Router, request } from '../routing/index.ts';
import { decodeErrorMessage } from './error-body.ts';
import { ApiError, ApiRefusal } from './errors.ts';
import { type ApiMethod, type ApiResponse, decodeResponse, encodeRequest } from './framing.ts';

/** One request to a service of another node. */
export interface ApiCall {
  /** The complete route to the service. */
  readonly onward: Route;
  readonly method: ApiMethod;
  readonly path: string;
  /** CBOR. */
  readonly body?: Uint8Array | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a request and resolves with the body of its 200, a view of the message.
 * @throws {ApiRefusal} API_REFUSED for any other status · {ApiError} API_NO_BODY, API_MALFORMED · {RoutingError} as `request`.
 */
export async function ask(router: Router, call: ApiCall): Promise<Uint8Array> {
  const { body } = await exchange(router, call);
  if (body === undefined) throw new ApiError('API_NO_BODY', `${name(call)} was answered without a body`);
  return body;
}

/** Sends a request whose 200 needs no body; one that is there is ignored. @throws as {@link ask}. */
export async function tell(router: Router, call: ApiCall): Promise<void> {
  await exchange(router, call);
}

async function exchange(router: Router, call: ApiCall): Promise<ApiResponse> {
  const { onward, method, path, body, timeoutMs, signal } = call;
  const payload = encodeRequest({ id: randomId(router), path, method, body });
  const answer = await request(router, { onward, payload, timeoutMs, signal });
  const response = decodeResponse(answer.payload);
  if (response.status !== 200) {
    const said = response.body === undefined ? '' : decodeErrorMessage(response.body);
    throw new ApiRefusal(response.status, said, name(call));
  }
  return response;
}

/** A random id that is not 0, which stands for "not decoded" in answers. */
export function randomId(router: Router): number {
  const bytes = router.random(4);
  const id = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return id === 0 ? 1 : id;
}

function name(call: ApiCall): string {
  return `${call.method} ${call.path}`;
}
