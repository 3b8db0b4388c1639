/** What one function sees of the request, and what stays of its changes (`directive.md` §5.2, §5.3). */
import { quoted } from '../../kernel/index.ts';
import type { RequestChanges, RequestView } from '../abi/index.ts';
import type { FunctionCall, Rules } from '../directive/index.ts';
import { SequenceError } from './errors.ts';

/** A request of its own with the same maps. */
export function copyRequest(request: RequestView): RequestView {
  return {
    method: request.method,
    url: request.url,
    id: request.id,
    body: request.body,
    headers: request.headers,
    params: request.params,
    state: request.state,
    responseHeaders: request.responseHeaders,
  };
}

/**
 * The request as `call` sees it, a copy. With `with`, aliases take the place of the keys they stand for; before 0.4.3
 * aliases were all that was visible.
 * @throws {SequenceError} SEQUENCE_STATE_MISSING
 */
export function viewFor(call: FunctionCall, request: RequestView, rules: Pick<Rules, 'sharedRequest'>): RequestView {
  const view = copyRequest(request);
  if (call.with === undefined) return view;
  const state = new Map(rules.sharedRequest ? request.state : undefined);
  for (const { key } of call.with) state.delete(key);
  for (const { alias, key } of call.with) {
    const value = request.state.get(key);
    if (value === undefined) {
      const text = `failed to build desired state, ${quoted(key)} does not exist in handler state`;
      throw new SequenceError('SEQUENCE_STATE_MISSING', text);
    }
    state.set(alias, value);
  }
  view.state = state;
  return view;
}

/** Puts what a function says it has set and changed into its `view`. */
export function putChanges(
  view: RequestView,
  responseHeaders: ReadonlyMap<string, string>,
  changes: RequestChanges | undefined,
): void {
  view.responseHeaders = withEntries(view.responseHeaders, responseHeaders);
  if (changes === undefined) return;
  const { method, url, body, headers, params, state } = changes;
  if (method !== undefined) view.method = method;
  if (url !== undefined) view.url = url;
  if (body !== undefined) view.body = body;
  view.headers = withEntries(view.headers, headers);
  view.params = withEntries(view.params, params);
  view.state = withEntries(view.state, state);
}

/**
 * Carries what a function changed in its `view` of `before` over to `request`. State written under `with` is dropped, and
 * before 0.4.3 everything but response headers. Entries can be added or replaced, not removed: guests have no call for it.
 */
export function applyChanges(
  request: RequestView,
  before: RequestView,
  view: RequestView,
  call: Pick<FunctionCall, 'with'>,
  rules: Pick<Rules, 'sharedRequest'>,
): void {
  request.responseHeaders = changed(request.responseHeaders, before.responseHeaders, view.responseHeaders, lowerCase);
  if (!rules.sharedRequest) return;
  if (view.method !== before.method) request.method = view.method;
  if (view.url !== before.url) request.url = view.url;
  if (view.body !== before.body) request.body = view.body;
  request.headers = changed(request.headers, before.headers, view.headers);
  request.params = changed(request.params, before.params, view.params);
  if (call.with === undefined) request.state = changed(request.state, before.state, view.state);
}

/** `map` with `more` on top. */
function withEntries<V>(map: ReadonlyMap<string, V>, more: ReadonlyMap<string, V> | undefined): ReadonlyMap<string, V> {
  return more === undefined || more.size === 0 ? map : new Map([...map, ...more]);
}

/** `map` with what is in `after` and was not in `before`; itself when nothing is. */
function changed<V>(
  map: ReadonlyMap<string, V>,
  before: ReadonlyMap<string, V>,
  after: ReadonlyMap<string, V>,
  nameOf: (key: string) => string = asItIs,
): ReadonlyMap<string, V> {
  if (after === before) return map;
  let copy: Map<string, V> | undefined;
  for (const [key, value] of after) {
    if (before.get(key) !== value) (copy ??= new Map(map)).set(nameOf(key), value);
  }
  return copy ?? map;
}

function asItIs(name: string): string {
  return name;
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}
