/** The names and types of every import a guest may ask for (`runnable-abi.md` §6.1, §8.2, §8.3, §10). */

/** The module name of the platform's own functions. */
export const ENV_MODULE = 'env';
/** The module name of WASI preview 1. */
export const WASI_MODULE = 'wasi_snapshot_preview1';
/** The module name of the snapshot before it, which has the same functions but `sock_accept`. */
export const WASI_UNSTABLE_MODULE = 'wasi_unstable';

/**
 * Every platform function by name and number of i32 parameters, which tells generations apart: number of i32 results, and
 * whether the guest waits for the world meanwhile and must be suspended.
 */
export const ENV_SIGNATURES = {
  'return_result/3': { results: 0, waiting: 'at-once' },
  'return_error/4': { results: 0, waiting: 'at-once' },
  'return_abort/7': { results: 0, waiting: 'at-once' },
  'get_ffi_result/2': { results: 1, waiting: 'at-once' },
  'add_ffi_var/5': { results: 1, waiting: 'at-once' },
  'log_msg/4': { results: 0, waiting: 'at-once' },
  'fetch_url/6': { results: 1, waiting: 'waits' },
  'graphql_query/5': { results: 1, waiting: 'waits' },
  'cache_set/6': { results: 1, waiting: 'waits' },
  'cache_get/3': { results: 1, waiting: 'waits' },
  'request_get_field/4': { results: 1, waiting: 'at-once' },
  'request_set_field/6': { results: 1, waiting: 'at-once' },
  'resp_set_header/5': { results: 0, waiting: 'at-once' },
  'get_static_file/3': { results: 1, waiting: 'waits' },
  'db_exec/4': { results: 1, waiting: 'waits' },
  'get_secret_value/3': { results: 1, waiting: 'waits' },
  // Generation 1: the value goes to a buffer of the guest.
  'fetch_url/8': { results: 1, waiting: 'waits' },
  'cache_get/5': { results: 1, waiting: 'waits' },
  'request_get_field/6': { results: 1, waiting: 'at-once' },
  'get_static_file/5': { results: 1, waiting: 'waits' },
  // Generation 0.
  'print/3': { results: 0, waiting: 'at-once' },
  'fetch/5': { results: 1, waiting: 'waits' },
} as const;

/** A platform function as `name/parameters`. */
export type EnvFunction = keyof typeof ENV_SIGNATURES;

/** Marks of generations 1 and 0 in the list of imports. */
export const DESTINATION_FUNCTIONS: ReadonlySet<EnvFunction> = new Set<EnvFunction>([
  'fetch_url/8',
  'cache_get/5',
  'request_get_field/6',
  'get_static_file/5',
]);
/** See {@link DESTINATION_FUNCTIONS}. */
export const FIRST_FUNCTIONS: ReadonlySet<EnvFunction> = new Set<EnvFunction>(['print/3', 'fetch/5']);

/** WASI preview 1 in full: parameter types, one letter each (`i` i32, `I` i64), after `:` the results. */
export const WASI_SIGNATURES = {
  args_get: 'ii:i',
  args_sizes_get: 'ii:i',
  environ_get: 'ii:i',
  environ_sizes_get: 'ii:i',
  clock_res_get: 'ii:i',
  clock_time_get: 'iIi:i',
  fd_advise: 'iIIi:i',
  fd_allocate: 'iII:i',
  fd_close: 'i:i',
  fd_datasync: 'i:i',
  fd_fdstat_get: 'ii:i',
  fd_fdstat_set_flags: 'ii:i',
  fd_fdstat_set_rights: 'iII:i',
  fd_filestat_get: 'ii:i',
  fd_filestat_set_size: 'iI:i',
  fd_filestat_set_times: 'iIIi:i',
  fd_pread: 'iiiIi:i',
  fd_prestat_get: 'ii:i',
  fd_prestat_dir_name: 'iii:i',
  fd_pwrite: 'iiiIi:i',
  fd_read: 'iiii:i',
  fd_readdir: 'iiiIi:i',
  fd_renumber: 'ii:i',
  fd_seek: 'iIii:i',
  fd_sync: 'i:i',
  fd_tell: 'ii:i',
  fd_write: 'iiii:i',
  path_create_directory: 'iii:i',
  path_filestat_get: 'iiiii:i',
  path_filestat_set_times: 'iiiiIIi:i',
  path_link: 'iiiiiii:i',
  path_open: 'iiiiiIIii:i',
  path_readlink: 'iiiiii:i',
  path_remove_directory: 'iii:i',
  path_rename: 'iiiiii:i',
  path_symlink: 'iiiii:i',
  path_unlink_file: 'iii:i',
  poll_oneoff: 'iiii:i',
  proc_exit: 'i:',
  proc_raise: 'i:i',
  random_get: 'ii:i',
  sched_yield: ':i',
  sock_accept: 'iii:i',
  sock_recv: 'iiiiii:i',
  sock_send: 'iiiii:i',
  sock_shutdown: 'ii:i',
} as const;

/** A function of WASI preview 1. */
export type WasiFunction = keyof typeof WASI_SIGNATURES;
