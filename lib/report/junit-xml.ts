import { XMLBuilder } from 'fast-xml-parser';
import { sanitize } from './sanitize.js';

/** One test case of a JUnit report. */
export interface JunitCase {
  readonly className: string;
  readonly name: string;
  /** The source that it is about, as CI servers link it; absent when it is about none. */
  readonly file?: string;
  readonly line?: string;
  /** Absent: it passed. The first line is its title. */
  readonly failure?: string;
}

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  format: true,
  suppressEmptyNode: true,
});

/** A JUnit XML report of one suite, as CI servers read it. Ends with a newline. */
export function junitXml(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter((it) => it.failure !== undefined).length;
  const counts = { '@tests': String(cases.length), '@failures': String(failures), '@errors': '0' };
  const document = {
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      testsuite: {
        '@name': xmlText(suite),
        ...counts,
        testcase: cases.map((it) => ({
          '@classname': xmlText(it.className),
          '@name': xmlText(it.name),
          ...(it.file === undefined ? {} : { '@file': xmlText(it.file), '@line': it.line ?? '1' }),
          ...(it.failure === undefined ? {} : { failure: failureNode(it.failure) }),
        })),
      },
    },
  };
  return `${builder.build(document).trimEnd()}\n`;
}

function failureNode(failure: string) {
  const lines = failure.split('\n').map(xmlText);
  return { '@message': lines[0] ?? '', '#text': lines.join('\n') };
}

/** XML 1.0 forbids most control characters even escaped; `sanitize` makes them visible text. The builder escapes the rest. */
function xmlText(text: string): string {
  return sanitize(text).replace(/[\ufffe\uffff]/g, '?');
}
