/** Lines for the log of the application's operator (`runnable-abi.md` §7.1). */
import { currentCall } from './abi';
import { log_msg } from './env';
import { Utf8 } from './utf8';

export function error(message: string): void {
  write(1, message);
}

export function warn(message: string): void {
  write(2, message);
}

export function info(message: string): void {
  write(3, message);
}

export function debug(message: string): void {
  write(4, message);
}

function write(level: i32, message: string): void {
  const text = new Utf8(message);
  log_msg(text.pointer, text.length, level, currentCall());
}
