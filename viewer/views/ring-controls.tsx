import { useState } from 'preact/hooks';
import type { AlloctraceStatus, RingSettingsChange } from '../../lib/public/browser.js';

interface RingControlsProps {
  readonly status: AlloctraceStatus;
  readonly onChange: (path: 'config' | 'freeze' | 'resume' | 'reset', body?: RingSettingsChange) => void;
}

const DEPTHS = [1, 2, 3, 4, 5, 6];

/** Freeze, resume, reset, and the settings of the next capture. */
export function RingControls({ status, onChange }: RingControlsProps) {
  const [minSize, setMinSize] = useState(String(status.backtrace.minSizeBytes));
  const config = (body: RingSettingsChange) => onChange('config', body);
  const check = (label: string, hint: string, value: boolean, set: (on: boolean) => RingSettingsChange) => (
    <label class="check" title={hint}>
      <input type="checkbox" checked={value} onChange={(event) => config(set(event.currentTarget.checked))} />
      {label}
    </label>
  );
  return (
    <fieldset class="ring-controls">
      <legend>Ring</legend>
      <div>
        <button type="button" onClick={() => onChange('freeze')} title="Stop recording and keep what is in the ring">
          Freeze
        </button>
        <button type="button" onClick={() => onChange('resume')}>
          Resume
        </button>
        <button type="button" onClick={() => onChange('reset')} title="Clear the ring for a fresh capture">
          Reset
        </button>
        <span class="quiet">Settings persist and apply to the next capture.</span>
      </div>
      <div>
        {check(
          'stop on full',
          'On: keeps the earliest events. Off: a rolling window of the newest',
          status.stopOnFull,
          (stopOnFull) => ({ stopOnFull }),
        )}
        {check(
          'capture largest',
          'Record the largest free block before and after each allocation',
          status.captureLargest,
          (captureLargest) => ({ captureLargest }),
        )}
        {check(
          'collapse pairs',
          'Drop an allocation whose free follows at once',
          status.collapsePairs,
          (collapsePairs) => ({ collapsePairs }),
        )}
        {check('skip frees', 'No backtraces for frees', status.backtrace.skipFrees, (skipFrees) => ({
          backtrace: { skipFrees },
        }))}
      </div>
      <div>
        <label>
          backtrace depth{' '}
          <select
            value={String(status.backtrace.depth)}
            onChange={(event) => config({ backtrace: { depth: Number(event.currentTarget.value) } })}
          >
            {DEPTHS.map((depth) => (
              <option key={depth} value={String(depth)}>
                {depth}
              </option>
            ))}
          </select>
        </label>
        <label>
          from{' '}
          <input
            inputMode="numeric"
            size={7}
            value={minSize}
            aria-label="Smallest allocation with a backtrace, in bytes"
            onInput={(event) => setMinSize(event.currentTarget.value)}
            onChange={() => /^\d{1,10}$/.test(minSize) && config({ backtrace: { minSizeBytes: Number(minSize) } })}
          />{' '}
          bytes
        </label>
      </div>
    </fieldset>
  );
}
