import { frameAt, placeOf, stackFrameIds } from '../../lib/public/browser.js';
import { codeAddress, commandFor } from '../model/addr2line.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { app } from '../state/app-state.js';
import { copyText } from '../state/copy.js';
import { shown } from './text.js';

const MAX_FRAMES = 60;

/** A backtrace, innermost first; a click on a frame copies the command that looks its address up. */
export function Backtrace({ loaded, stack }: { readonly loaded: LoadedTrace; readonly stack: number }) {
  const { trace } = loaded;
  const { hidden } = loaded.sources;
  const ids = stackFrameIds(trace, stack);
  // With names from an ELF file on top, all that the trace itself has is addresses.
  const bare = loaded.trace !== loaded.original;
  if (ids.length === 0) return <p class="quiet">No backtrace was recorded.</p>;
  return (
    <ol class="backtrace">
      {ids.slice(0, MAX_FRAMES).map((id, depth) => {
        const { functionName, location } = placeOf(trace, id);
        const { address, inlined } = frameAt(trace, id);
        const copy = () => {
          const { elf } = app.get();
          const program = { machine: elf?.symbolizer.machine, elf: elf?.name ?? trace.info.elf?.path };
          copyText(commandFor([codeAddress({ pc: address, isReturn: depth > 0 || bare })], program), 'Copied');
        };
        return (
          <li
            key={`${depth}-${id}`}
            class={hidden[id] === 1 ? 'passed' : ''}
            title={hidden[id] === 1 ? 'Passed over when the source is looked for (hidden frames)' : ''}
          >
            {/* A frame without a name is its address, which stands below. */}
            {functionName !== '??' && <span class="fn">{shown(functionName)}</span>}
            {inlined && <span class="quiet"> inlined</span>}
            <span class="loc" title={shown(location)}>
              {address > 0 ? (
                <button type="button" class="link" onClick={copy} title="Copy an addr2line command">
                  {shortLocation(location)}
                </button>
              ) : (
                shortLocation(location)
              )}
            </span>
          </li>
        );
      })}
      {ids.length > MAX_FRAMES && <li class="quiet">{ids.length - MAX_FRAMES} more callers</li>}
    </ol>
  );
}

/** The end of a long path says more than its begin. */
function shortLocation(location: string): string {
  const text = shown(location);
  return text.length > 42 ? `…${text.slice(-41)}` : text;
}
