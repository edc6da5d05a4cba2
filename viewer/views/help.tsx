import { formatTitles } from '../model/read-trace.js';
import { Dialog } from './dialog.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['← →', 'event before, next event; with shift 1 % of the trace'],
  ['Home End', 'first and last event'],
  ['space', 'play and pause'],
  ['p l', 'the peak; where the largest free block is smallest'],
  ['a b x', 'begin and end of the range at the selected event; no range'],
  ['Ctrl+Z', 'what was shown before'],
  ['m t', 'heap map; time view'],
  ['k', 'set a mark after the selected event'],
  ['1 … 8', 'table, fragmentation, leaks, statistics, call tree, flame graph, diff, why alive'],
  ['/', 'filter the table by text'],
  ['↑ ↓', 'row before, next row (in the table and the call tree)'],
  [
    'Enter ⌫',
    'in the flame graph: zoom in and out; arrow keys move between functions, space shows what they allocated',
  ],
  ['space Enter', 'on a row: select it, go to it'],
  ['+ − 0', 'zoom the map that has the focus; 0 shows its used part again'],
  ['o e c', 'open a trace; choose an ELF file; connect'],
  ['?', 'this help'],
];

/** One page that says how to read and drive the page. */
export function HelpDialog() {
  return (
    <Dialog title="Help">
      <div class="help">
        <section>
          <h3>What you see</h3>
          <ul>
            <li>
              <b>Heap map</b>: memory from left to right, then down. The legend says what the colours are, dark is free,
              hatched is the largest free gap. The block of the selected event has a white frame; a dashed frame was
              freed by it. Scroll zooms (out to the whole region), drag pans, a double click on free memory resets.
            </li>
            <li>
              <b>A click selects, a double click goes</b>: a row of any panel or of the legend shows what is behind it
              in the table and lights its blocks; the same click again takes it away. A double click on a block or a row
              of the table goes to its event.
            </li>
            <li>
              <b>Time view</b>: every block as a rectangle over events and addresses. Drag to zoom into a part,
              double-click for all.
            </li>
            <li>
              <b>Axis and slider</b>: all views show the heap right after the selected event. The curve is the bytes in
              use, the line the largest free block; vertical lines are marks, bands are lost events or restarts. Drag on
              the axis for a range from A to B: every panel is then about what was allocated in it.
            </li>
            <li>
              <b>Table</b>: click a title to sort, a row to select it, an address to copy an addr2line command. A stripe
              at the left marks allocations that made the largest free block smaller.
            </li>
            <li>
              <b>Device figures</b> are dimmed: they were true when the device wrote its dump, not at the selected
              event.
            </li>
          </ul>
          <h3>Opens</h3>
          <p class="quiet">
            {formatTitles().join(' · ')}; each also packed with gzip. A file's content decides, not its name.
          </p>
          <p class="quiet">
            Everything happens in this page. Nothing is uploaded; only Connect uses the network, and only the address
            you give it.
          </p>
        </section>
        <section>
          <h3>Keys</h3>
          <dl class="keys">
            {KEYS.map(([key, text]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
