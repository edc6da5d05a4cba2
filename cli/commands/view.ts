import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { ExitCode, FinishedServedRing, serveAlloctrace, traceReport } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import { traceArgument } from './analysis-options.js';

export const viewCommand = defineCommand({
  name: 'view <trace>',
  describe: 'Show a trace in the browser',
  examples: [
    ['harvest view capture.harvest', 'serves it on 127.0.0.1 and opens the browser'],
    ['harvest view mylog.txt --no-open', 'only prints the address'],
    ['harvest view capture.harvest --host 127.0.0.1 --port 8080 --no-open', 'at a port of your choice'],
  ],
  options: (set) =>
    set
      .positional('trace', traceArgument)
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'the interface to listen on' })
      .option('port', { type: 'number', default: 0, describe: 'the port; 0 is any free one' })
      .option('open', { type: 'boolean', default: true, describe: 'open the browser' }),
  run: async (args, context) => {
    const { builder } = await loadFilledTrace(args.trace, { signal: context.signal });
    const name = basename(args.trace);
    const page = Buffer.from(await traceReport(builder.build(), name));
    const source = new FinishedServedRing(builder.build(), { name });
    await using server = await serveAlloctrace(source, { host: args.host, port: args.port, page });
    const url = `${new URL(server.url).origin}/`;
    if (context.json) context.out(`${JSON.stringify({ url, port: server.port })}\n`);
    else context.out(`${name} at ${url}; Ctrl-C ends it\n`);
    if (args.open && !(await openBrowser(url)) && !context.quiet)
      context.err('no browser could be started: open the address yourself\n');
    if (!context.signal.aborted) await once(context.signal, 'abort');
    return ExitCode.ok;
  },
});

/** Asks the desktop to open an address. False when there is no such program, as on a server. */
function openBrowser(url: string): Promise<boolean> {
  const [program = 'xdg-open', ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
