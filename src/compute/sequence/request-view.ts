/** What one function sees of the request, and what stays of its changes (`directive.md §5.2`, §5.3). */
import { quoted } from '../../kernel/index.ts';
import type { FunctionRequest } from '../abi/index.ts';
import type { FunctionCall, Rules } from '../directive/index.ts';
import { SequenceError } from './errors.ts';

/** A request with maps of its own. Bytes are shared: nobody may change them in place. */
export function copyRequest(request: FunctionRequest): FunctionRequest {
  return {
    method: request.method,
    url: request.url,
    id: request.id,
    body: request.body,
    headers: new Map(request.headers),
    params: new Map(request.params),
    state: new Map(request.state),
    responseHeaders: new Map(request.responseHeaders),
  };
}

/**
 * The request as `call` sees it, a copy. With `with`, aliases take the place of the keys they stand for; before 0.4.3
 * aliases were all that was visible.
 * @throws {SequenceError} SEQUENCE_STATE_MISSING
 */
export function viewFor(
  call: FunctionCall,
  request: FunctionRequest,
  rules: Pick<Rules, 'sharedRequest'>,
): FunctionRequest {
  const view = copyRequest(request);
  if (call.with === undefined) return view;
  if (rules.sharedRequest) for (const { key } of call.with) view.state.delete(key);
  else view.state.clear();
  for (const { alias, key } of call.with) {
    const value = request.state.get(key);
    if (value === undefined) {
      const text = `failed to build desired state, ${quoted(key)} does not exist in handler state`;
      throw new SequenceError('SEQUENCE_STATE_MISSING', text);
    }
    view.state.set(alias, value);
  }
  return view;
}

/**
 * Carries what a function changed in its `view` of `before` over to `request`. State written under `with` is dropped, and
 * before 0.4.3 everything but response headers. Entries can be added or replaced, not removed: guests have no call for it.
 */
export function applyChanges(
  request: FunctionRequest,
  before: FunctionRequest,
  view: FunctionRequest,
  call: Pick<FunctionCall, 'with'>,
  rules: Pick<Rules, 'sharedRequest'>,
): void {
  for (const [name, value] of view.responseHeaders) {
    if (before.responseHeaders.get(name) !== value) request.responseHeaders.set(name.toLowerCase(), value);
  }
  if (!rules.sharedRequest) return;
  if (view.method !== before.method) request.method = view.method;
  if (view.url !== before.url) request.url = view.url;
  if (view.body !== before.body) request.body = view.body;
  copyChanged(request.headers, before.headers, view.headers);
  copyChanged(request.params, before.params, view.params);
  if (call.with === undefined) copyChanged(request.state, before.state, view.state);
}

function copyChanged<V>(into: Map<string, V>, before: ReadonlyMap<string, V>, after: ReadonlyMap<string, V>): void {
  for (const [key, value] of after) if (before.get(key) !== value) into.set(key, value);
}
