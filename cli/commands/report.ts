import { basename } from 'node:path';
import { ExitCode, formatBytes, sanitize, traceReport, writeWhole } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import { safeLines } from '../safe-text.js';
import { exitCodeFor, sayDoubts, traceArgument } from './analysis-options.js';

export const reportCommand = defineCommand({
  name: 'report <trace>',
  describe: 'Write one HTML file with the trace and the viewer in it',
  examples: [
    ['harvest report capture.harvest -o report.html', 'one file to attach to an issue'],
    ['harvest report mylog.txt', 'mylog.html, from any trace that harvest import reads'],
    ['harvest report capture.harvest --title nightly -o - | gzip > report.html.gz', 'to stdout'],
  ],
  options: (set) =>
    set
      .positional('trace', traceArgument)
      .option('out', { type: 'string', alias: 'o', describe: 'the file; - is stdout' })
      .option('title', { type: 'string', describe: "the trace's name in the page (default: the file's)" }),
  run: async (args, context) => {
    const { builder } = await loadFilledTrace(args.trace, { signal: context.signal });
    const trace = builder.build();
    sayDoubts(trace, context);
    const name = basename(args.trace);
    const html = await traceReport(trace, args.title ?? name);
    if (args.out === '-') {
      context.out(context.terminal ? safeLines(html) : html);
      return ExitCode.ok;
    }
    const path = args.out ?? `${name.replace(/(\.gz)?$/, '').replace(/\.[^.]*$/, '') || 'report'}.html`;
    await writeWhole(path, [html]);
    if (context.json) printJson({ schema: 'heap-harvest/report@1', path, bytes: Buffer.byteLength(html) }, context);
    else if (!context.quiet)
      context.err(`wrote ${sanitize(path)}: ${formatBytes(Buffer.byteLength(html))}, opens in any browser\n`);
    return exitCodeFor(trace);
  },
});
