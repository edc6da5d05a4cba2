/** A few numbers that look like chance and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const NAMES = [
  'esp_netif_new',
  'mqtt_publish',
  'lv_obj_create',
  'wifi_rx_cb',
  'tls_session',
  'json_parse',
  'cam_fb_get',
];

/** What `heap_trace_dump()` of ESP-IDF prints of a firmware that uses its internal memory and its PSRAM. */
export function twoMemoriesDump(): string {
  const next = numbers(7);
  const places = { internal: 0x3fc9_f000, psram: 0x3c10_0000 };
  const records = Array.from({ length: 160 }, (_, i) => {
    const inPsram = next() < 0.35;
    const bytes = inPsram ? 256 * Math.ceil(next() * 40) : 16 * Math.ceil(next() * 24);
    const place = inPsram ? 'psram' : 'internal';
    const address = places[place];
    // Frees before left holes.
    places[place] += bytes + (next() < 0.3 ? 16 * Math.ceil(next() * 60) : 8);
    const site = Math.floor(next() ** 2 * 14);
    const caller = (0x4200_8000 + 0x40 * site + 0x16).toString(16);
    const name = NAMES[site % 7] ?? '';
    const names = `--- 0x40376321: heap_caps_malloc at /idf/components/heap/heap_caps.c:176\n--- 0x${caller}: ${name}${site > 6 ? '_2' : ''} at /app/main/${name.split('_')[0]}.c:${40 + 13 * site}\n`;
    const kind = inPsram ? 'External' : 'Internal';
    const cycles = (0x0010_0000 + i * 0x9000).toString(16).padStart(8, '0');
    return `${String(bytes).padStart(6)} bytes (@ 0x${address.toString(16)}, ${kind}) allocated CPU ${i % 2} ccount 0x${cycles} caller 0x40376321:0x${caller}\n${names}`;
  });
  const total = records.length;
  return `====== Heap Trace: ${total} records (${total} capacity) ======\n${records.join('')}--- 0x40376321: heap_caps_malloc at /idf/components/heap/heap_caps.c:176
====== Heap Trace Summary ======
Mode: Heap Trace Leaks
${total} bytes alive in trace (${total}/${total} allocations)
records: ${total} (${total} capacity, ${total} high water mark)
total allocations: ${total}
total frees: 0
================================
`;
}

/** What a board's ring answers when it has long begun to write over its oldest records. */
export function ringDump(): string {
  const next = numbers(11);
  const base = 0x2000_1000;
  const alive: { address: number; sizeBytes: number }[] = [];
  const events = Array.from({ length: 600 }, (_, i) => {
    const at = { seq: 4000 + i, atUs: 9_000_000 + i * 1370 };
    const calls = [
      0x0801_2001 + 0x40 * Math.floor(next() ** 2 * 9),
      0x0800_2101 + 0x40 * Math.floor(next() * 3),
      0x0800_0145,
    ];
    const event = { ...at, pc: calls[0], backtrace: calls };
    if (alive.length > 30 && next() < 0.5) {
      const [freed] = alive.splice(Math.floor(next() * alive.length), 1);
      return { ...event, kind: 'free', address: freed?.address ?? 0, sizeBytes: 0 };
    }
    const sizeBytes = 8 * Math.ceil(next() ** 3 * 60);
    let address = base;
    for (const block of alive.toSorted((a, b) => a.address - b.address)) {
      if (block.address - address >= sizeBytes) break;
      address = block.address + block.sizeBytes;
    }
    alive.push({ address, sizeBytes });
    return { ...event, kind: 'alloc', address, sizeBytes };
  });
  return JSON.stringify({
    header: {
      anchorWallMs: 1_700_000_000_000,
      ring: { count: events.length, capacity: events.length },
      ...{ captured: 4600, overwritten: 4000, collapsed: 0, stopOnFull: false, truncated: false },
      regions: [{ name: 'heap', baseAddress: base, sizeBytes: 16_384 }],
      caps: { freeBytes: 9000, largestFreeBytes: 6000 },
    },
    events,
  });
}
