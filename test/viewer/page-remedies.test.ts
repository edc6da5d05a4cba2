import test from 'ava';
import { ERROR_CATALOGUE } from '../../lib/errors/catalogue.js';
import type * as errors from '../../lib/errors/errors.js';
import { pageScript, viewerModule } from '../support/viewer-module.js';

interface Messages extends Pick<typeof errors, 'TraceFormatError'> {
  readonly PAGE_REMEDIES: Readonly<Record<string, string>>;
  readonly messageOf: (error: unknown) => { readonly text: string; readonly code?: string; readonly remedy?: string };
  readonly withoutOptions: (line: string) => string;
}

const { PAGE_REMEDIES, messageOf, withoutOptions, TraceFormatError } = await viewerModule<Messages>(
  'model/page-remedies.js',
  'state/message-of.js',
  '../lib/errors/errors.js',
);

/** A command of the terminal, an option of it, a field of a program's options, a document that the page has not. */
const NO_PAGE = /harvest [a-z]|--[a-z]|options\.|docs\//;

test('every error that the script of the page can throw has a remedy in the language of the page, and no other has', async (t) => {
  const script = await pageScript();
  const thrown = new Set([...script.matchAll(/"(HH\d{4})"/g)].map(([, code]) => code));
  t.true(thrown.size > 40);
  t.deepEqual(
    Object.keys(PAGE_REMEDIES).sort(),
    [...thrown].sort(),
    'to be put right in viewer/model/page-remedies.ts',
  );
  for (const [code, remedy] of Object.entries(PAGE_REMEDIES)) {
    t.true(code in ERROR_CATALOGUE, code);
    t.regex(remedy, /^[A-Z].*\.$/, code);
    t.notRegex(remedy, NO_PAGE, code);
  }
});

test('a remedy of the library that names commands or options gives way to that of the page', (t) => {
  const told = (remedy?: string) =>
    messageOf(new TraceFormatError('HH1453', 'x.csv: line 3', remedy === undefined ? {} : { remedy })).remedy;
  t.is(told('save the file again as UTF-8'), 'Save the file again as UTF-8.');
  for (const remedy of [
    undefined,
    'use `harvest stats`',
    "name them with options.columns 'a=b'",
    'start it with --cors null',
    'see docs/formats.md',
  ]) {
    t.is(told(remedy), PAGE_REMEDIES.HH1453);
  }
  t.is(messageOf(new TraceFormatError('HH1402', 'x: found 7f')).code, 'HH1402');
  t.is(messageOf(new RangeError('no memory')).text, 'The page could not do that: no memory');
});

test('what was assumed is said without the option that would settle it', (t) => {
  t.is(
    withoutOptions(
      'assumed: times are milliseconds (settle it with options.columns time:ms,address:hex; :dec is decimal)',
    ),
    'assumed: times are milliseconds',
  );
  t.is(withoutOptions('found 3 gaps (of 7)'), 'found 3 gaps (of 7)');
});
