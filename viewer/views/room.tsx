import { useEffect } from 'preact/hooks';
import { formatAddress, formatBytes, formatCount, parseSize, type Room } from '../../lib/public/browser.js';
import type { LoadedTrace } from '../model/loaded-trace.js';
import { stackText } from '../model/stack-line.js';
import { app, useApp } from '../state/app-state.js';
import { SeqRow } from './shown-row.js';
import { shown } from './text.js';
import { useWork } from './use-work.js';

interface Props {
  readonly loaded: LoadedTrace;
  readonly atSeq: number;
}

/** Asks for a size; the fewest blocks in the way of one free piece of it are listed here and outlined in the map. */
export function RoomForm({ loaded, atSeq }: Props) {
  const text = useApp((state) => state.make);
  const bytes = text.trim() === '' ? undefined : parseSize(text.trim());
  const { result } = useWork(loaded, 'room', { atSeq, bytes: bytes ?? 0 });
  const room = bytes ? result : undefined;
  useEffect(() => app.set({ room }), [room]);
  useEffect(() => () => app.set({ room: undefined }), []);
  return (
    <div class="room">
      <label>
        Make{' '}
        <input
          value={text}
          size={8}
          placeholder="4K"
          onInput={(event) => app.set({ make: event.currentTarget.value })}
          aria-invalid={text.trim() !== '' && bytes === undefined}
        />{' '}
        free in one piece
      </label>
      {text.trim() !== '' && <Answer loaded={loaded} bytes={bytes} room={room} />}
    </div>
  );
}

function Answer({ loaded, bytes, room }: { loaded: LoadedTrace; bytes: number | undefined; room: Room | undefined }) {
  if (!bytes) return <p class="warn-text">A size is a number of bytes, or one with K or M behind it.</p>;
  if (!room) return <p class="warn-text">No memory of the heap is that large.</p>;
  if (room.blocks.length === 0) return <p>A free piece of that size is there already.</p>;
  const count = room.blocks.length;
  return (
    <>
      <p data-room={count}>
        {count === 1 ? '1 block stands' : `${formatCount(count)} blocks stand`} in the way (
        {formatBytes(room.blockBytes)}), no fewer;{' '}
        {room.movable ? 'moving would do.' : 'some must be freed: found no room elsewhere for all.'}
      </p>
      <table>
        <tbody>
          {room.blocks.slice(0, 50).map((block) => (
            <SeqRow key={block.address} seq={block.allocSeq}>
              <td class="mono">{formatAddress(block.address)}</td>
              <td class="number">{formatCount(block.sizeBytes)}</td>
              <td class="name">{shown(stackText(loaded.trace, block.stack, loaded.sources.hidden))}</td>
            </SeqRow>
          ))}
        </tbody>
      </table>
      {count > 50 && <p class="quiet">and {formatCount(count - 50)} more</p>}
    </>
  );
}
