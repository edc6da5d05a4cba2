import { once } from 'node:events';
import {
  ExitCode,
  FinishedServedRing,
  HeapRing,
  harvestEvents,
  LiveServedRing,
  loadViewerPage,
  type ServedRing,
  serveAlloctrace,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { inputFile, readInput } from '../input-file.js';
import { printJson } from '../json-output.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import { targetOptions, withTargetOptions } from '../target-options.js';

export const serveCommand = defineCommand({
  name: 'serve [trace]',
  describe: 'Serve a trace, or a capture while it goes on, over HTTP (the alloctrace protocol)',
  examples: [
    ['harvest serve run1/capture.harvest', 'a finished trace; harvest capture ring http://127.0.0.1:8731 reads it'],
    ['harvest serve --live firmware.elf --ring 5000', 'the newest 5000 events of a capture that goes on'],
    ['harvest serve trace.harvest --page viewer.html', 'with a page at /'],
  ],
  options: (set) =>
    withTargetOptions(set)
      .positional('trace', {
        type: 'string',
        describe: 'a journal or any trace that `harvest import` reads',
        values: 'input',
      })
      .option('live', { type: 'string', describe: 'capture this firmware (ELF) meanwhile', values: 'input' })
      .option('ring', { type: 'number', default: 10_000, describe: '--live: how many events to keep' })
      .option('stop-on-full', { type: 'boolean', default: false, describe: '--live: keep the earliest events' })
      .option('host', { type: 'string', default: '127.0.0.1', describe: 'the interface to listen on' })
      .option('port', { type: 'number', default: 8731, describe: 'the port; 0 is any free one' })
      .option('base', { type: 'string', default: '/alloctrace', describe: 'the base path' })
      .option('allow-host', { type: 'string', array: true, default: [], describe: 'further names to answer to' })
      .option('cors', {
        type: 'string',
        array: true,
        default: [],
        describe: 'further origins that may read and change',
      })
      .option('page', { type: 'string', describe: 'an HTML file to serve at /; default: the viewer', values: 'input' }),
  run: async (args, context) => {
    const page = args.page === undefined ? await viewer() : await readInput(args.page, 'HH1105');
    const ring = args.live === undefined ? undefined : new HeapRing(args.ring, { stopOnFull: args.stopOnFull });
    const source: ServedRing = ring
      ? new LiveServedRing(ring, { name: args.live ?? '' })
      : await finished(args.trace, context);
    await using server = await serveAlloctrace(source, {
      host: args.host,
      port: args.port,
      basePath: args.base,
      allowedHosts: args.allowHost,
      cors: args.cors,
      ...(page ? { page } : {}),
    });
    if (context.json) printJson({ schema: 'heap-harvest/served@1', url: server.url, port: server.port }, context);
    else context.out(`serving at ${server.url}; Ctrl-C ends it\n`);
    if (ring && args.live !== undefined) {
      const target = targetOptions(args, context);
      await using elf = await inputFile(args.live, 'HH1101');
      try {
        const options = { elf: elf.path, ...target, signal: context.signal };
        for await (const record of harvestEvents(options)) ring.add(record);
      } catch (error) {
        // Interrupted while it still connects: served is what there is.
        if (!context.signal.aborted) throw error;
      }
      ring.freeze();
      if (!context.quiet && !context.signal.aborted) context.err('the capture has ended; its ring is still served\n');
    }
    if (!context.signal.aborted) await once(context.signal, 'abort');
    return ExitCode.ok;
  },
});

async function finished(path: string | undefined, context: Context): Promise<ServedRing> {
  if (path === undefined)
    throw new UsageError('HH1106', 'harvest serve: found no trace, expected a file or --live ELF');
  const { builder } = await loadFilledTrace(path, { signal: context.signal, skipSamples: true });
  const trace = builder.build();
  const { buildId } = trace.info.elf ?? {};
  return new FinishedServedRing(trace, { name: path, ...(buildId === undefined ? {} : { elfBuildId: buildId }) });
}

/** The viewer, which then loads from this server; nothing where it was not built. */
async function viewer(): Promise<Uint8Array | undefined> {
  try {
    return Buffer.from(await loadViewerPage());
  } catch {
    return undefined;
  }
}
