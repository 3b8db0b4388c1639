import { decodeBareData, encodeBareData } from '../../kernel/bare/index.ts';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { concat, EMPTY } from '../../kernel/index.ts';
import { ApiError } from './errors.ts';

/** Specification: the number of a method is its place (`node-api.md` §1). */
export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;
export type ApiMethod = (typeof METHODS)[number];

/** Specification: statuses that exist; any other is "not ok". */
export type ApiStatus = 200 | 400 | 401 | 403 | 404 | 405 | 408 | 409 | 500 | 501;

/** Ours: no structure of the services comes near. */
export const MAX_BODY_BYTES: number = 1024 * 1024;
const MAX_PATH_BYTES = 4096;

/** A request as it is on the wire. */
export interface ApiRequest {
  /** 1 … 2^32−1. */
  readonly id: number;
  readonly path: string;
  /** Undefined when absent or unknown. */
  readonly method: ApiMethod | undefined;
  /** CBOR; undefined when there is none. A view of the payload when decoded. */
  readonly body: Uint8Array | undefined;
}

/** A response as it is on the wire. */
export interface ApiResponse {
  readonly id: number;
  /** Id of the request, 0 when that could not be read. */
  readonly re: number;
  /** {@link ApiStatus}, or whatever number the other side sent. */
  readonly status: number;
  readonly body: Uint8Array | undefined;
}

/** The payload of a message that carries `request`: BARE data around header and body. */
export function encodeRequest(request: ApiRequest): Uint8Array {
  const header = new CborWriter(64).map(request.method === undefined ? 3 : 4);
  header.uint(1).uint(request.id).uint(2).text(request.path);
  if (request.method !== undefined) header.uint(3).uint(METHODS.indexOf(request.method));
  header.uint(4).bool(request.body !== undefined);
  return encodeBareData(concat(header.finish(), request.body ?? EMPTY));
}

/** The payload of a message that carries `response`. */
export function encodeResponse(response: ApiResponse): Uint8Array {
  const header = new CborWriter(32).map(4);
  header.uint(1).uint(response.id).uint(2).uint(response.re).uint(3).uint(response.status);
  header.uint(4).bool(response.body !== undefined);
  return encodeBareData(concat(header.finish(), response.body ?? EMPTY));
}

/** @throws {ApiError | CborError | BareError} API_MALFORMED when a field is missing, API_TOO_LARGE. */
export function decodeRequest(payload: Uint8Array): ApiRequest {
  const fields = readHeader(payload);
  if (fields.id === undefined || fields.path === undefined) throw malformed('a request needs an id and a path');
  return { id: fields.id, path: fields.path, method: METHODS[fields.third ?? -1], body: fields.body };
}

/** @throws {ApiError | CborError | BareError} API_MALFORMED when a field is missing, API_TOO_LARGE. */
export function decodeResponse(payload: Uint8Array): ApiResponse {
  const fields = readHeader(payload);
  if (fields.id === undefined || fields.re === undefined || fields.third === undefined) {
    throw malformed('a response needs an id, the id of its request and a status');
  }
  return { id: fields.id, re: fields.re, status: fields.third, body: fields.body };
}

interface Header {
  id: number | undefined;
  path: string | undefined;
  re: number | undefined;
  /** Method of a request, status of a response. */
  third: number | undefined;
  body: Uint8Array | undefined;
}

function readHeader(payload: Uint8Array): Header {
  const content = decodeBareData(payload);
  const reader = new CborReader(content);
  const header: Header = { id: undefined, path: undefined, re: undefined, third: undefined, body: undefined };
  let hasBody = false;
  const pairs = reader.map();
  while (pairs.more()) {
    switch (reader.uint()) {
      case 1:
        header.id = reader.uint(0xffff_ffff);
        break;
      case 2:
        if (reader.peek() === 'text') header.path = reader.text();
        else header.re = reader.uint(0xffff_ffff);
        break;
      case 3:
        header.third = reader.uint();
        break;
      case 4:
        hasBody = reader.bool();
        break;
      default:
        reader.skip();
    }
  }
  pairs.end();
  if (header.path !== undefined && header.path.length > MAX_PATH_BYTES) throw tooLarge('path', header.path.length);
  if (hasBody) {
    header.body = content.subarray(reader.position);
    if (header.body.length > MAX_BODY_BYTES) throw tooLarge('body', header.body.length);
  }
  return header;
}

function malformed(message: string): ApiError {
  return new ApiError('API_MALFORMED', message);
}

function tooLarge(what: string, length: number): ApiError {
  return new ApiError('API_TOO_LARGE', `a ${what} of ${length} bytes is not accepted`);
}
