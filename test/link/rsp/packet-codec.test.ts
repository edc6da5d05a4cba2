import test from 'ava';
import fc from 'fast-check';
import { encodePacket, MAX_PACKET_BYTES, PacketDecoder, type RspItem } from '../../../lib/link/rsp/packet-codec.js';

function decode(bytes: Uint8Array | string, pieceBytes = Number.MAX_SAFE_INTEGER): RspItem[] {
  const raw = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  const decoder = new PacketDecoder();
  const items: RspItem[] = [];
  for (let at = 0; at < raw.length; at += pieceBytes) items.push(...decoder.push(raw.subarray(at, at + pieceBytes)));
  return items;
}

function texts(items: readonly RspItem[]): string[] {
  return items.map((item) => ('payload' in item ? item.payload.toString('latin1') : `<${item.kind}>`));
}

test('encodes the checksum of the gdb manual', (t) => {
  t.is(encodePacket('g').toString('latin1'), '$g#67');
  t.is(encodePacket('').toString('latin1'), '$#00');
  // 'O' + 'K' = 0x4f + 0x4b
  t.is(encodePacket('OK').toString('latin1'), '$OK#9a');
});

test('escapes the four bytes that cannot stand for themselves', (t) => {
  t.is(encodePacket('#$}*').toString('latin1').slice(0, -3), '$}\x03}\x04}]}\n');
});

test('expands a run length: 0* and a space is four zeros', (t) => {
  t.deepEqual(texts(decode('$0* #7a')), ['0000']);
});

test('expands a run of an escaped byte', (t) => {
  // } ^C = '#', then '*' '"' (0x22): five more
  const body = '}\x03*"';
  const sum = [...body].reduce((total, char) => total + char.charCodeAt(0), 0) & 0xff;
  t.deepEqual(texts(decode(`$${body}#${sum.toString(16)}`)), ['######']);
});

test('counts acks, reports naks, packets and notifications in order', (t) => {
  const decoder = new PacketDecoder();
  const items = decoder.push(Buffer.from('++$OK#9a-%Stop#a6+'));
  t.deepEqual(texts(items), ['OK', '<nak>', 'Stop']);
  t.is(decoder.acks, 3);
});

const PIECES = [1, 2, 7];
for (const size of PIECES) {
  test(`finds the same packets when they come ${size} bytes at a time`, (t) => {
    const bytes = Buffer.concat([
      encodePacket('T05thread:01;'),
      Buffer.from('+'),
      encodePacket('a#b$c}d*e'),
      encodePacket(''),
    ]);
    t.deepEqual(texts(decode(bytes, size)), ['T05thread:01;', 'a#b$c}d*e', '']);
  });
}

test('names what a wrong checksum should have been and goes on at the next packet', (t) => {
  const items = decode('$OK#9b$OK#9a');
  t.deepEqual(items[0], { kind: 'broken', reason: "checksum '9b' of a 2-byte packet, expected 9a" });
  t.deepEqual(texts(items).slice(1), ['OK']);
});

test('reports noise between packets once, not once a byte', (t) => {
  t.deepEqual(texts(decode('xyz$OK#9a')), ['<broken>', 'OK']);
});

test('reports a run length that repeats nothing and an escape at the end', (t) => {
  for (const body of ['* ', '0*\x1d', 'a}']) {
    const sum = [...body].reduce((total, char) => total + char.charCodeAt(0), 0) & 0xff;
    t.deepEqual(texts(decode(`$${body}#${sum.toString(16).padStart(2, '0')}`)), ['<broken>'], JSON.stringify(body));
  }
});

test('holds no more than the bound of a packet that never ends', (t) => {
  const decoder = new PacketDecoder();
  const items: RspItem[] = [...decoder.push(Buffer.from('$'))];
  const chunk = Buffer.alloc(65536, 0x61);
  for (let sent = 0; sent <= MAX_PACKET_BYTES; sent += chunk.length) items.push(...decoder.push(chunk));
  t.is(items[0]?.kind, 'broken');
  t.deepEqual(texts(decoder.push(encodePacket('OK'))), ['OK']);
});

test('refuses run lengths that expand beyond the bound', (t) => {
  const body = `0${'*~'.repeat(12_000)}`;
  const sum = [...body].reduce((total, char) => total + char.charCodeAt(0), 0) & 0xff;
  t.deepEqual(texts(decode(`$${body}#${sum.toString(16).padStart(2, '0')}`)), ['<broken>']);
});

test('any payload survives encoding, in pieces of any size', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (payloads, size) => {
          const items = decode(Buffer.concat(payloads.map((payload) => encodePacket(payload))), size);
          t.deepEqual(
            items.map((item) => ('payload' in item ? [...item.payload] : item.kind)),
            payloads.map((payload) => [...payload]),
          );
        },
      ),
    ),
  );
});

test('a flipped byte never yields another payload', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (text, where, flip) => {
          const bytes = encodePacket(Buffer.from(text, 'utf8'));
          const at = where % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          // A payload byte that becomes '#' may be followed by two digits that fit: an 8-bit sum cannot tell.
          fc.pre(bytes[at] !== 0x23);
          const want = Buffer.from(text, 'utf8').toString('latin1');
          for (const item of decode(bytes)) {
            if (item.kind === 'packet' && item.payload.toString('latin1') !== want) return false;
          }
          return true;
        },
      ),
    ),
  );
});

test('garbage never throws and never yields more bytes than the bound', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 100 }), (bytes, size) => {
        for (const item of decode(bytes, size)) if ('payload' in item) t.true(item.payload.length <= MAX_PACKET_BYTES);
      }),
    ),
  );
});
