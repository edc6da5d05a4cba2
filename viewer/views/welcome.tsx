import { app, useApp } from '../state/app-state.js';
import { takeFiles } from '../state/intake.js';
import { openElf } from '../state/opening.js';
import { FileButton } from './header.js';

/** What there is to see before a trace is open. */
export function Welcome() {
  const elf = useApp((state) => state.elf);
  return (
    <main class="welcome">
      <Picture />
      <h2>See who allocated what on your microcontroller's heap</h2>
      <p>
        Drop a trace here: a journal (<code>capture.harvest</code>), <code>allocation_history.json</code>, a gdb log, a
        ring's JSON, or any other format that{' '}
        <button type="button" class="link" onClick={() => app.set({ dialog: 'help' })}>
          Help
        </button>{' '}
        lists; with the firmware's ELF file for names, or two traces to compare. Or paste a log.
      </p>
      <p class="welcome-buttons">
        <FileButton id="welcome-open" label="Open a trace" hint="Open traces, ELF files (o)" onFiles={takeFiles} />
        <FileButton
          id="welcome-elf"
          label={elf ? 'Another ELF' : 'Choose firmware.elf'}
          hint="For traces that hold addresses only (e)"
          onFile={openElf}
        />
        <button type="button" onClick={() => app.set({ dialog: 'connect' })}>
          Connect to a board
        </button>
      </p>
      <p class="quiet">Everything happens in this page: nothing is uploaded.</p>
    </main>
  );
}

/** A heap of a few blocks. */
function Picture() {
  const rows = ['aaaabb..cccc..ddd.ee', 'aa..ffff.bbbbbb..ggg', '....ccc.aaaa.hh..bbb', 'dddd......ee.aa..ff.'];
  const cells = rows.flatMap((row, y) =>
    [...row].map((cell, x) =>
      cell === '.' ? null : (
        <rect key={`${x}-${y}`} class={`c-${cell}`} x={x * 14} y={y * 22} width="13" height="19" rx="2" />
      ),
    ),
  );
  return (
    <svg class="welcome-picture" viewBox="-6 -6 292 98" width="292" height="98" aria-hidden="true">
      {cells}
    </svg>
  );
}
