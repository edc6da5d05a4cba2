import test from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { detectFormat, FORMATS, formatById } from '../../lib/formats/registry.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';
import { traceSamples } from '../support/trace-samples.js';

for (const { name, format, bytes } of traceSamples()) {
  test(`${name} is taken for ${format} by its content alone, surer than any other`, (t) => {
    const head = bytes.subarray(0, 65_536);
    t.is(detectFormat(head, true).id, format);
    const sure = formatById(format).detect(head, true);
    for (const other of FORMATS) if (other.id !== format) t.true(other.detect(head, true) < sure, other.id);
    const { trace, error } = decodeIn(formatById(format), bytes);
    t.is(error, undefined);
    t.true(trace.eventCount + trace.levels.length > 0);
  });

  // The gdb log has tests of its own, and is long.
  if (format !== 'gdb-log') {
    test(`${name} decodes the same however it is cut`, (t) => survivesEveryCut(t, formatById(format), bytes));
  }
}

test('ids are unique, and an unknown one names those that there are', (t) => {
  t.is(new Set(FORMATS.map((format) => format.id)).size, FORMATS.length);
  const error = t.throws(() => formatById('nope'), { instanceOf: TraceFormatError, code: 'HH1401' });
  t.regex(error?.message ?? '', /expected one of: gdb-log, .*csv/);
  t.throws(() => formatById('esp-id'), { message: /, did you mean 'esp-idf'\?$/ });
});

test('what is no trace is refused, with its first bytes', (t) => {
  for (const bytes of [
    new Uint8Array(0),
    utf8('hello world\n'),
    new Uint8Array(300),
    utf8('PK\u0003\u0004 not a trace'),
  ]) {
    t.throws(() => detectFormat(bytes, true, 'x.bin'), { instanceOf: TraceFormatError, code: 'HH1402' });
  }
});
