/** The request that the function serves (`runnable-abi.md` §7.5). A missing field is an empty text. */
import { currentCall, currentInput } from './abi';
import { Answer, take } from './answer';
import { request_get_field, request_set_field } from './env';
import { textOf, Utf8 } from './utf8';

const META: i32 = 0;
const BODY: i32 = 1;
const HEADER: i32 = 2;
const PARAM: i32 = 3;
const STATE: i32 = 4;
const QUERY: i32 = 5;

/** The method, in upper case. */
export function method(): string {
  return get(META, 'method').text();
}

/** Path and query as the client sent them. */
export function url(): string {
  return get(META, 'url').text();
}

/** The id that also stands in the response and in the logs. */
export function id(): string {
  return get(META, 'id').text();
}

/** The body as a text; also the input of a call that serves no request. */
export function body(): string {
  return textOf(currentInput());
}

/** The body; do not change it. */
export function bodyBytes(): Uint8Array {
  return currentInput();
}

/** The text member `name` of a JSON object in the body; refused when the body is none or the member no text. */
export function bodyField(name: string): Answer {
  return get(BODY, name);
}

/** The first value of the header `name`, in any case. */
export function header(name: string): string {
  return get(HEADER, name).text();
}

/** The path parameter `name`; that of a catch-all route begins with a slash. */
export function param(name: string): string {
  return get(PARAM, name).text();
}

/** The first value of the query parameter `name`, decoded. */
export function query(name: string): string {
  return get(QUERY, name).text();
}

/** What an earlier step left under `name`, as a text. */
export function state(name: string): string {
  return get(STATE, name).text();
}

/** What an earlier step left under `name`. */
export function stateBytes(name: string): Uint8Array {
  return get(STATE, name).bytes();
}

/** Changes the method for this function and later steps. The host does not tell whether any `set…` was allowed; its log does. */
export function setMethod(value: string): void {
  set(META, 'method', value);
}

/** Changes path and query. */
export function setUrl(value: string): void {
  set(META, 'url', value);
}

/** Replaces the body for later steps. */
export function setBody(value: string): void {
  set(META, 'body', value);
}

/** Sets a request header; names are stored as written and found in lower case, so write them so. */
export function setHeader(name: string, value: string): void {
  set(HEADER, name, value);
}

/** Sets a path parameter. */
export function setParam(name: string, value: string): void {
  set(PARAM, name, value);
}

/** Leaves a text for later steps, beside the function's result. */
export function setState(name: string, value: string): void {
  set(STATE, name, value);
}

function get(type: i32, key: string): Answer {
  const name = new Utf8(key);
  return take(request_get_field(type, name.pointer, name.length, currentCall()));
}

function set(type: i32, key: string, value: string): void {
  const name = new Utf8(key);
  const content = new Utf8(value);
  take(request_set_field(type, name.pointer, name.length, content.pointer, content.length, currentCall()));
}
