/** The response to the client (`runnable-abi.md` §7.6); its body is what `run` returns. */
import { currentCall } from './abi';
import { resp_set_header } from './env';
import { Utf8 } from './utf8';

/** Sets a header; used only when the whole sequence succeeds. */
export function setHeader(name: string, value: string): void {
  const key = new Utf8(name);
  const content = new Utf8(value);
  resp_set_header(key.pointer, key.length, content.pointer, content.length, currentCall());
}

/** Sets the media type; without it a response is `application/octet-stream`. */
export function setType(value: string): void {
  setHeader('content-type', value);
}
