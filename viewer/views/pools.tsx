import { useState } from 'preact/hooks';
import {
  formatCount,
  type PoolPlan,
  parseSize,
  poolPlan,
  poolsCHeader,
  poolsDroneToml,
  poolsZephyr,
} from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { breath } from '../model/read-trace.js';
import type { Message } from '../state/app-state.js';
import { copyText } from '../state/copy.js';
import { messageOf } from '../state/message-of.js';
import { Segments } from './segments.js';
import { shown } from './text.js';

const FORM_IDS = ['toml', 'zephyr', 'c'] as const;
type Form = (typeof FORM_IDS)[number];
const FORMS: Readonly<Record<Form, { readonly title: string; readonly write: (plan: PoolPlan) => string }>> = {
  toml: { title: 'Drone.toml', write: poolsDroneToml },
  zephyr: { title: 'Zephyr', write: poolsZephyr },
  c: { title: 'C header', write: poolsCHeader },
};

interface Wanted {
  readonly pools: string;
  readonly align: string;
  readonly margin: string;
  readonly heap: string;
}

/** Designs a pool allocator for the trace: block sizes and capacities. */
export function Pools({ loaded }: { readonly loaded: LoadedTrace }) {
  const [wanted, setWanted] = useState<Wanted>({ pools: '4', align: '4', margin: '0', heap: '' });
  const [plan, setPlan] = useState<PoolPlan>();
  const [problem, setProblem] = useState<Message>();
  const [busy, setBusy] = useState(false);
  const generate = async () => {
    setBusy(true);
    await breath();
    try {
      setPlan(planFor(loaded, wanted));
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  const field = (name: keyof Wanted, label: string, hint: string) => (
    <label title={hint}>
      {label}{' '}
      <input
        size={5}
        value={wanted[name]}
        onInput={(event) => setWanted({ ...wanted, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <section class="wide" id="pools">
      <h2>Pool generator</h2>
      <form
        class="pool-form"
        onSubmit={(event) => {
          event.preventDefault();
          void generate();
        }}
      >
        {field('pools', 'pools', 'At most so many pools, 1 to 64')}
        {field('align', 'alignment', 'Block sizes are multiples of it')}
        {field('margin', 'margin %', 'Capacities are raised by this much')}
        {field('heap', 'heap', 'Size of the heap, for example 10K; empty: unknown')}
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Working' : 'Generate'}
        </button>
      </form>
      {problem && (
        <p class="warn-text" role="alert">
          {shown(problem.text)} {problem.remedy && shown(problem.remedy)}
        </p>
      )}
      {plan && <Plan plan={plan} />}
    </section>
  );
}

function planFor(loaded: LoadedTrace, wanted: Wanted): PoolPlan {
  const heapBytes = wanted.heap.trim() === '' ? undefined : (parseSize(wanted.heap) ?? Number.NaN);
  return poolPlan(loaded.trace, {
    pools: Number(wanted.pools),
    alignBytes: Number(wanted.align),
    marginPercent: Number(wanted.margin),
    ...(heapBytes === undefined ? {} : { heapBytes }),
  });
}

function Plan({ plan }: { readonly plan: PoolPlan }) {
  const [form, setForm] = useState<Form>('toml');
  const text = FORMS[form].write(plan);
  const { replay } = plan;
  return (
    <div class="plan">
      <div>
        <table>
          <thead>
            <tr>
              <th class="number">block</th>
              <th class="number">capacity</th>
              <th class="number">bytes</th>
              <th class="number">most used</th>
            </tr>
          </thead>
          <tbody>
            {plan.layout.map((pool, i) => (
              <tr key={pool.blockBytes}>
                <td class="number">{formatCount(pool.blockBytes)}</td>
                <td class="number">{formatCount(pool.capacity)}</td>
                <td class="number">{formatCount(pool.blockBytes * pool.capacity)}</td>
                <td class="number">{formatCount(replay.highWater[i] ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p>
          <b>{formatCount(plan.bytes)} bytes</b>; without spilling {formatCount(plan.noSpillBytes)}, no layout is below{' '}
          {formatCount(plan.boundBytes)}. Replay of the trace:{' '}
          {replay.unserved === 0
            ? 'every request is served'
            : `${formatCount(replay.unserved)} requests are not served`}
          , {formatCount(replay.spilled)} from a larger pool.
        </p>
        {!plan.fits && (
          <p class="warn-text">
            This does not fit the heap; the least heap that fits is {formatCount(plan.bytes)} bytes.
          </p>
        )}
        {!plan.complete && <p class="warn-text">The trace is incomplete: real demand may be higher.</p>}
      </div>
      <div>
        <div class="tools">
          <Segments
            label="Output"
            value={form}
            options={FORM_IDS.map((id) => ({ id, text: FORMS[id].title }))}
            onChange={setForm}
          />
          <button type="button" onClick={() => copyText(text, 'Copied')}>
            Copy
          </button>
        </div>
        <pre>{text}</pre>
      </div>
    </div>
  );
}
