import { request } from 'perigee';

export function run(): ArrayBuffer {
  return String.UTF8.encode(request.body().toUpperCase());
}
