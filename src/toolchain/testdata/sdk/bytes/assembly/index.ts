import { request } from 'perigee';

export function run(): Uint8Array {
  return request.bodyBytes().slice().reverse();
}
