/** What the browser remembers. A page opened from a file may have no storage: then nothing is remembered, and nothing fails. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`heap-harvest.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`heap-harvest.${key}`, value);
  } catch {
    // Storage is full or forbidden; the page works without.
  }
}

/** Functions that hand memory on: the first frame that is none of them is an allocation's source. */
export const DEFAULT_HIDE: readonly string[] = [
  'pvPortMalloc',
  'pvPortCalloc',
  'heap_caps_',
  'operator new',
  'std::',
  '__gnu_cxx::',
  'gc_alloc',
  'gc_realloc',
  'gc_log_change',
  'm_malloc',
  'm_realloc',
  'mp_obj_malloc',
  'mp_obj_new',
  'k_malloc',
  'k_calloc',
  'lv_mem_',
  'umm_',
];

export function rememberedHide(): readonly string[] {
  const text = remembered('hide');
  return text === undefined ? DEFAULT_HIDE : parseHide(text);
}

/** One prefix a line; blanks around it do not count. */
export function parseHide(text: string): readonly string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((line) => line !== '').slice(0, 200);
}
