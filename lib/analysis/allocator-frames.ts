/** Source files that are the allocator itself, whatever number of `../` (or which folder) comes before. */
const ALLOCATOR_FILES: readonly RegExp[] = [
  /(^|\/)py\/(gc|malloc)\.c$/,
  /(^|\/)(nano-)?mallocr\.c$/,
  /(^|\/)newlib\/libc\/stdlib\/(malloc|calloc|realloc|reallocarray|aligned_alloc)\.c$/,
  /(^|\/)heap_[1-5]\.c$/,
  /(^|\/)(umm_malloc|tlsf|new_op\w*\.cc)$/,
  /(^|\/)(umm_malloc|tlsf|heap_tlsf)\.c$/,
  // ESP-IDF: its heap component, and FreeRTOS's own functions above it.
  /(^|\/)components\/heap\/(\w+\/)?(heap_caps|multi_heap|heap_trace|tlsf)\w*\.[ch]$/,
  /(^|\/)freertos\/(\w+\/)*heap_idf\.c$/,
  // Zephyr, NuttX.
  /(^|\/)lib\/heap\/(heap|heap_\w+|shared_multi_heap)\.c$/,
  /(^|\/)kernel\/(kheap|mempool)\.c$/,
  /(^|\/)mm\/(mm_heap|kmm_heap|umm_heap|tlsf)\/\w+\.c$/,
  /(^|\/)library\/alloc\/src\//,
];

/** Functions that are the allocator itself, for frames whose file is not known; suffixes like `.isra.0` are taken off first. */
const ALLOCATOR_FUNCTIONS: ReadonlySet<string> = new Set([
  ...['malloc', 'calloc', 'realloc', 'free', 'memalign', 'aligned_alloc', 'cfree', 'reallocarray', 'reallocf'],
  ...['posix_memalign', 'valloc', 'pvalloc', 'zalloc', '__libc_malloc', '__libc_calloc', '__libc_realloc'],
  ...['_malloc_r', '_calloc_r', '_realloc_r', '_free_r', '_memalign_r', '__malloc_malloc', '__malloc_free'],
  ...['pvPortMalloc', 'pvPortCalloc', 'pvPortRealloc', 'vPortFree', 'pvPortMallocCaps', 'vPortFreeCaps'],
  ...['gc_alloc', 'gc_realloc', 'gc_free', 'gc_log_change', 'port_malloc', 'port_realloc', 'port_free'],
  // mbed OS's wrappers, which keep the statistics and call the trace.
  ...['malloc_wrapper', 'calloc_wrapper', 'realloc_wrapper', 'memalign_wrapper', 'free_wrapper'],
  // ESP-IDF: the hooks that an application fills in, and heap tracing's own functions.
  ...['esp_heap_trace_alloc_hook', 'esp_heap_trace_free_hook', 'trace_malloc', 'trace_realloc', 'trace_calloc'],
  ...['k_malloc', 'k_calloc', 'k_realloc', 'k_aligned_alloc', 'k_free'],
  ...['z_thread_malloc', 'z_thread_aligned_alloc', 'z_heap_alloc_helper', 'z_alloc_helper', 'z_thread_alloc_helper'],
]);

/** Families of such functions: the members differ from release to release. */
const ALLOCATOR_FAMILIES: readonly RegExp[] = [
  /^operator (?:new|delete)\b/,
  /^_Z(?:n[wa]|d[la])/,
  /^__(?:wrap|real)_{1,2}(?:malloc|calloc|realloc|free|memalign|aligned_alloc)(?:_r)?$/,
  /^(?:__(?:wrap|real)_)?heap_caps_\w*(?:alloc|free)\w*$/,
  /^(?:multi_heap|tlsf)_\w+$/,
  /^(?:sys_heap|k_heap|sys_multi_heap)_\w+$/,
  /^(?:k?u?mm|kumm|group)_(?:m|z|c|re)alloc\w*$/,
  /^(?:k?u?mm|kumm|group)_(?:memalign|free|delayfree)\w*$/,
  /^mempool_(?:multiple_)?\w*(?:alloc|free|memalign)\w*$/,
  /^_?rt_(?:malloc|calloc|realloc|free|smem|slab|memheap)\w*$/,
  /^_?txe?_(?:byte|block)_(?:allocate|release|pool_search)$/,
  /^__(?:rust|rg|rdl)_(?:alloc|realloc|dealloc)\w*$/,
  // MicroPython: m_new and m_renew are macros in most ports and functions in some.
  /^m_(?:malloc|realloc|free|new|renew|del|tracked)\w*$/,
  /^mp_obj_malloc\w*$/,
];

/** Rust's own layer above the allocator; a boxed closure that is called leads back into the application. */
const RUST_LAYER = /^<?(?:alloc|core::alloc|std::alloc|embedded_alloc|linked_list_allocator)::/;
const RUST_CALLS = /::(?:call|call_mut|call_once|poll)\b/;
/** What the C++ library calls to get storage: `std::allocator<T>::allocate`, `std::_Vector_base<...>::_M_allocate`. */
const CPP_LIBRARY = /^(?:std|__gnu_cxx)::/;
const CPP_ALLOCATE = /::(?:_M_)?(?:de)?allocate\w*(?:\(|$)/;

/** The name that a function has in the source: without what the compiler appends to clones (`.isra.0`, `.constprop.1`). */
export function sourceName(functionName: string): string {
  return functionName.replace(/(\.(isra|constprop|part|cold|lto_priv|llvm)(\.\d+)?)+$/, '');
}

/** Whether a source file, as the debug information gives it, is the allocator's own. */
export function isAllocatorFile(file: string): boolean {
  const path = file.includes('\\') ? file.replaceAll('\\', '/') : file;
  return ALLOCATOR_FILES.some((pattern) => pattern.test(path));
}

/** Whether a function belongs to an allocator: of C, C++, Rust, an RTOS or an interpreter. */
export function isAllocatorFunction(functionName: string): boolean {
  const name = sourceName(functionName);
  if (ALLOCATOR_FUNCTIONS.has(name)) return true;
  // Long names are C++ or Rust with their parameters: the families are short.
  if (name.length < 80 && ALLOCATOR_FAMILIES.some((pattern) => pattern.test(name))) return true;
  if (RUST_LAYER.test(name)) return !RUST_CALLS.test(name);
  return CPP_LIBRARY.test(name) && CPP_ALLOCATE.test(name.slice(-4096));
}
