/**
 * The host functions of the Runnable ABI, generation 3 (`runnable-abi.md` §6.1). The compiler imports them from the module
 * `env` because this file is called so. Texts are UTF-8, given as pointer and length; `ident` names the running call.
 */
export declare function return_result(pointer: usize, length: i32, ident: i32): void;
export declare function return_error(code: i32, pointer: usize, length: i32, ident: i32): void;
export declare function return_abort(
  message: usize,
  messageLength: i32,
  file: usize,
  fileLength: i32,
  line: u32,
  column: u32,
  ident: i32,
): void;
export declare function get_ffi_result(destination: usize, ident: i32): i32;
export declare function log_msg(pointer: usize, length: i32, level: i32, ident: i32): void;
export declare function fetch_url(
  method: i32,
  url: usize,
  urlLength: i32,
  body: usize,
  bodyLength: i32,
  ident: i32,
): i32;
export declare function cache_set(
  key: usize,
  keyLength: i32,
  value: usize,
  valueLength: i32,
  ttlSeconds: i32,
  ident: i32,
): i32;
export declare function cache_get(key: usize, keyLength: i32, ident: i32): i32;
export declare function request_get_field(type: i32, key: usize, keyLength: i32, ident: i32): i32;
export declare function request_set_field(
  type: i32,
  key: usize,
  keyLength: i32,
  value: usize,
  valueLength: i32,
  ident: i32,
): i32;
export declare function resp_set_header(key: usize, keyLength: i32, value: usize, valueLength: i32, ident: i32): void;
export declare function get_static_file(name: usize, nameLength: i32, ident: i32): i32;
export declare function add_ffi_var(name: usize, nameLength: i32, value: usize, valueLength: i32, ident: i32): i32;
export declare function db_exec(type: i32, name: usize, nameLength: i32, ident: i32): i32;
export declare function get_secret_value(name: usize, nameLength: i32, ident: i32): i32;
