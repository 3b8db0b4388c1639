// A guest in C without a library: reads its request, asks the cache, and returns what it found. A bump allocator is enough,
// because an instance serves one call.

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

typedef unsigned int size_t;

IMPORT(return_result) void return_result(const void *pointer, size_t size, int ident);
IMPORT(return_error) void return_error(int code, const void *pointer, size_t size, int ident);
IMPORT(log_msg) void log_msg(const void *pointer, size_t size, int level, int ident);
IMPORT(get_ffi_result) int get_ffi_result(void *target, int ident);
IMPORT(request_get_field) int request_get_field(int type, const void *key, size_t size, int ident);
IMPORT(cache_set) int cache_set(const void *key, size_t size, const void *value, size_t length, int ttl, int ident);
IMPORT(cache_get) int cache_get(const void *key, size_t size, int ident);

extern unsigned char __heap_base;
static unsigned char *heap = &__heap_base;
static int started;

static char output[1024];
static size_t written;

__attribute__((constructor)) static void start(void) { started = 1; }

// A reactor: constructors run here and not before each export.
extern void __wasm_call_ctors(void);
EXPORT(_initialize) void initialize(void) { __wasm_call_ctors(); }

EXPORT(allocate) void *allocate(size_t size) {
  unsigned char *at = heap;
  heap += (size + 7u) & ~7u;
  return at;
}

EXPORT(deallocate) void deallocate(void *pointer, size_t size) {
  (void)pointer;
  (void)size;
}

static void say(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) output[written++] = text[i];
  output[written++] = '\n';
}

static void say_pending(int result, int ident) {
  size_t size = result < 0 ? -result : result;
  char *value = allocate(size);
  if (get_ffi_result(value, ident) == 0) say(value, size);
}

EXPORT(run_e) void run_e(const char *input, size_t size, int ident) {
  if (size == 4 && input[0] == 'f') {
    return_error(422, "as asked", 8, ident);
    return;
  }
  say(started ? "started" : "not started", started ? 7 : 11);
  say(input, size);
  say_pending(request_get_field(0, "method", 6, ident), ident);
  say_pending(cache_get("written in C", 12, ident), ident);
  if (cache_set("written in C", 12, input, size, 0, ident) == 0) say_pending(cache_get("written in C", 12, ident), ident);
  log_msg("from C", 6, 2, ident);
  return_result(output, written, ident);
}
