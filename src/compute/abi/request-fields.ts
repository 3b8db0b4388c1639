/** The fields of a request as a guest reads and writes them, with a record of what it changed (`runnable-abi.md` §7.5, §7.6). */
import { EMPTY, fromUtf8, utf8 } from '../../kernel/index.ts';
import type { FunctionRequest } from './request.ts';

/** What a guest changed in its request; only what was written is there. */
export interface RequestChanges {
  readonly method?: string;
  readonly url?: string;
  readonly body?: Uint8Array;
  readonly headers?: ReadonlyMap<string, string>;
  readonly params?: ReadonlyMap<string, string>;
  readonly state?: ReadonlyMap<string, Uint8Array>;
}

/** A field's value, empty when there is no such key, or why it cannot be read. */
export type FieldAnswer =
  | { readonly ok: true; readonly value: Uint8Array; readonly found: boolean }
  | { readonly ok: false; readonly message: string };

/** Field types of the ABI. */
const Field = { meta: 0, body: 1, header: 2, params: 3, state: 4, query: 5 } as const;

const MAX_RESPONSE_HEADERS = 256;
/** Entries of a map, those that were given included: what a request of the constellation can have (`constellation.md` §2.3). */
const MAX_ENTRIES = 1024;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
// oxlint-disable-next-line no-control-regex -- a control character in a header value splits the response
const HEADER_VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;

/** One request during one call. */
export class RequestFields {
  readonly #request: FunctionRequest;
  readonly #responseHeaders = new Map<string, string>();
  readonly #headers = new Map<string, string>();
  readonly #params = new Map<string, string>();
  readonly #state = new Map<string, Uint8Array>();
  #methodChanged = false;
  #urlChanged = false;
  #bodyChanged = false;
  /** Members of a JSON body, once one was asked for; a Map because a member may be called `__proto__`. */
  #members: Map<string, unknown> | undefined;
  #bodyIsNoObject = false;
  /** The members differ from `request.body`; it is encoded again when somebody wants the bytes. */
  #membersChanged = false;
  #room: number;

  /** @param roomBytes how many bytes of names and values the guest may store in all. The request is owned from here on. */
  constructor(request: FunctionRequest, roomBytes: number) {
    this.#request = request;
    this.#room = roomBytes;
  }

  /** Reads one field; a missing key is an empty value. */
  get(type: number, key: string): FieldAnswer {
    switch (type) {
      case Field.meta:
        return this.#meta(key);
      case Field.body:
        return this.#bodyMember(key);
      case Field.header:
        return text(this.#request.headers.get(key.toLowerCase()));
      case Field.params:
        return text(this.#request.params.get(key));
      case Field.state:
        return bytes(this.#request.state.get(key));
      case Field.query:
        return text(queryOf(this.#request.url).get(key) ?? undefined);
      default:
        return { ok: false, message: `unknown field type ${type}` };
    }
  }

  /** Writes one field; returns why it could not, for the log: the guest is never told. */
  set(type: number, key: string, value: Uint8Array): string | undefined {
    if (!this.#reserve(key.length + value.length)) return 'the request holds too much already';
    switch (type) {
      case Field.meta:
        return this.#setMeta(key, value);
      case Field.body:
        return this.#setBodyMember(key, value);
      case Field.header:
        return store(this.#request.headers, this.#headers, key, lossyText(value));
      case Field.params:
        return store(this.#request.params, this.#params, key, lossyText(value));
      case Field.state:
        return store(this.#request.state, this.#state, key, value);
      default:
        return `fields of type ${type} cannot be set`;
    }
  }

  /** Sets one header of the response; returns why it could not. */
  setResponseHeader(name: string, value: string): string | undefined {
    if (!HEADER_NAME.test(name)) return 'the header name is not a token';
    if (!HEADER_VALUE.test(value)) return 'the header value holds control characters';
    if (this.#responseHeaders.size >= MAX_RESPONSE_HEADERS && !this.#responseHeaders.has(name)) {
      return `a response has at most ${MAX_RESPONSE_HEADERS} headers`;
    }
    if (!this.#reserve(name.length + value.length)) return 'the request holds too much already';
    this.#responseHeaders.set(name, value);
    return undefined;
  }

  /** Response headers the guest set. */
  get responseHeaders(): ReadonlyMap<string, string> {
    return this.#responseHeaders;
  }

  /** What the guest changed; undefined when nothing. */
  changes(): RequestChanges | undefined {
    const body = this.#body();
    const changes: RequestChanges = {
      ...(this.#methodChanged && { method: this.#request.method }),
      ...(this.#urlChanged && { url: this.#request.url }),
      ...(this.#bodyChanged && { body }),
      ...(this.#headers.size > 0 && { headers: this.#headers }),
      ...(this.#params.size > 0 && { params: this.#params }),
      ...(this.#state.size > 0 && { state: this.#state }),
    };
    return Object.keys(changes).length === 0 ? undefined : changes;
  }

  #meta(key: string): FieldAnswer {
    switch (key) {
      case 'method':
        return text(this.#request.method);
      case 'url':
      case 'parsedURL':
        return text(this.#request.url);
      case 'id':
        return text(this.#request.id);
      case 'body':
        return bytes(this.#body());
      default:
        return bytes(undefined);
    }
  }

  #setMeta(key: string, value: Uint8Array): string | undefined {
    switch (key) {
      case 'method':
        this.#request.method = lossyText(value);
        this.#methodChanged = true;
        return undefined;
      case 'url':
        this.#request.url = lossyText(value);
        this.#urlChanged = true;
        return undefined;
      case 'body':
        this.#request.body = value;
        this.#bodyChanged = true;
        this.#members = undefined;
        this.#bodyIsNoObject = false;
        this.#membersChanged = false;
        return undefined;
      case 'id':
        return undefined;
      default:
        return 'there is no such meta field';
    }
  }

  #bodyMember(key: string): FieldAnswer {
    if (this.#request.body.length === 0 && this.#members === undefined) return bytes(EMPTY);
    const members = this.#parsed();
    if (members === undefined) return fieldFailure('body is not a JSON object');
    const value = members.get(key);
    if (value === undefined) return fieldFailure(`body does not contain field ${key}`);
    if (typeof value !== 'string') return fieldFailure(`field ${key} of the body is not a string`);
    return text(value);
  }

  #setBodyMember(key: string, value: Uint8Array): string | undefined {
    if (this.#request.body.length === 0 && this.#members === undefined) return undefined;
    const members = this.#parsed();
    if (members === undefined) return 'body is not a JSON object';
    members.set(key, lossyText(value));
    this.#bodyChanged = true;
    this.#membersChanged = true;
    return undefined;
  }

  #parsed(): Map<string, unknown> | undefined {
    if (this.#members === undefined && !this.#bodyIsNoObject) {
      this.#members = membersOf(this.#request.body);
      this.#bodyIsNoObject = this.#members === undefined;
    }
    return this.#members;
  }

  /** Encoding is put off until somebody looks: a guest that sets members in a loop must not cost a body each time. */
  #body(): Uint8Array {
    if (this.#membersChanged && this.#members !== undefined) {
      this.#request.body = utf8(JSON.stringify(Object.fromEntries(this.#members)));
      this.#membersChanged = false;
    }
    return this.#request.body;
  }

  #reserve(bytes: number): boolean {
    if (bytes > this.#room) return false;
    this.#room -= bytes;
    return true;
  }
}

function store<V>(live: Map<string, V>, changed: Map<string, V>, key: string, value: V): string | undefined {
  if (live.size >= MAX_ENTRIES && !live.has(key)) return `a request has at most ${MAX_ENTRIES} fields of a kind`;
  live.set(key, value);
  changed.set(key, value);
  return undefined;
}

function text(value: string | undefined): FieldAnswer {
  return bytes(value === undefined ? undefined : utf8(value));
}

function bytes(value: Uint8Array | undefined): FieldAnswer {
  return { ok: true, value: value ?? EMPTY, found: value !== undefined };
}

function fieldFailure(message: string): FieldAnswer {
  return { ok: false, message: `failed to get BodyField: ${message}` };
}

function lossyText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1).split('#', 1)[0]);
}

function membersOf(body: Uint8Array): Map<string, unknown> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fromUtf8(body));
  } catch {
    return undefined; // not JSON: the caller says so to the guest
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return new Map(Object.entries(parsed));
}
