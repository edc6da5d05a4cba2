import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import {
  ExitCode,
  FinishedServedRing,
  serveAlloctrace,
  serveSpeedscope,
  shownTrace,
  type Trace,
  traceReport,
  writerById,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import { traceArgument } from './analysis-options.js';

export const viewCommand = defineCommand({
  name: 'view <trace>',
  describe: 'Show a trace in the browser',
  examples: [
    ['harvest view capture.harvest', 'serves it on 127.0.0.1 and opens the browser'],
    ['harvest view capture.harvest --in speedscope', "in the npm package speedscope's app, from this machine"],
    ['harvest view mylog.txt --no-open', 'only prints the address'],
    ['harvest view capture.harvest --host 127.0.0.1 --port 8080 --no-open', 'at a port of your choice'],
  ],
  options: (set) =>
    set
      .positional('trace', traceArgument)
      .option('in', {
        choices: ['viewer', 'speedscope'] as const,
        default: 'viewer' as const,
        describe: 'what shows it',
      })
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'the interface to listen on' })
      .option('port', { type: 'number', default: 0, describe: 'the port; 0 is any free one' })
      .option('open', { type: 'boolean', default: true, describe: 'open the browser' }),
  run: async (args, context) => {
    const { builder } = await loadFilledTrace(args.trace, { signal: context.signal });
    const name = basename(args.trace);
    await using shown = await (args.in === 'speedscope' ? inSpeedscope : inViewer)(builder.build(), name, args);
    const { url, port } = shown;
    if (context.json) printJson({ schema: 'heap-harvest/served@1', url, port }, context);
    else context.out(`${name} at ${url}; Ctrl-C ends it\n`);
    if (args.open && !(await openBrowser(url)) && !context.quiet)
      context.err('no browser could be started: open the address yourself\n');
    if (!context.signal.aborted) await once(context.signal, 'abort');
    return ExitCode.ok;
  },
});

interface Place {
  readonly host: string;
  readonly port: number;
}

/** A server that goes with what shows the trace. */
interface Shown extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

async function inViewer(trace: Trace, name: string, { host, port }: Place): Promise<Shown> {
  const page = Buffer.from(await traceReport(trace, name));
  const server = await serveAlloctrace(new FinishedServedRing(trace, { name }), { host, port, page });
  return {
    url: `${new URL(server.url).origin}/`,
    port: server.port,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** As it is exported: without the allocator's frames. */
function inSpeedscope(trace: Trace, _name: string, { host, port }: Place): Promise<Shown> {
  const shown = shownTrace(trace);
  return serveSpeedscope({ host, port, profile: () => writerById('speedscope').write(shown) });
}

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
