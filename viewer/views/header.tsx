import { useRef } from 'preact/hooks';
import { formatCount } from '../../lib/public/browser.js';
import { app, useApp } from '../state/app-state.js';
import { takeFiles } from '../state/intake.js';
import { openElf, openFile, openOther } from '../state/opening.js';
import { ExportMenu } from './export-menu.js';
import { STATUS } from './roles.js';
import { shown } from './text.js';
import { nextTheme, THEME_TEXT } from './theme.js';

/** The page's name, what is open, and what one can do. */
export function Header() {
  const loaded = useApp((state) => state.loaded);
  const busy = useApp((state) => state.busy);
  const opening = useApp((state) => state.opening);
  const elf = useApp((state) => state.elf);
  const theme = useApp((state) => state.theme);
  return (
    <header class="top">
      <h1>
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 2h8v3H1zM11 2h4v3h-4zM1 6.5h4v3H1zM8 6.5h7v3H8zM1 11h10v3H1z" />
        </svg>
        heap-harvest
      </h1>
      {loaded && <TraceTitle />}
      <FileChoice />
      <span class="spring" />
      <span class="busy" {...STATUS}>
        {busy !== '' && (
          <>
            <i class="spinner" aria-hidden="true" />
            {shown(busy)}
          </>
        )}
      </span>
      {opening && (
        <>
          <progress aria-label="Reading" max={1} value={opening.share} />
          <button type="button" id="cancel" onClick={opening.cancel} title="Keep what is open">
            Cancel
          </button>
        </>
      )}
      <FileButton
        id="open"
        label="Open"
        hint="Open traces, ELF files (o); or drop them, or paste a log"
        onFiles={takeFiles}
      />
      <FileButton
        id="elf"
        label={elf ? `ELF: ${shown(elf.name.slice(0, 24))}` : 'ELF'}
        hint="Choose firmware.elf: names resolve in this page, nothing is uploaded (e)"
        onFile={openElf}
      />
      {loaded && (
        <FileButton id="compare" label="Compare" hint="Open a second trace and show what differs" onFile={openOther} />
      )}
      <button
        type="button"
        onClick={() => app.set({ dialog: 'connect' })}
        title="Load from a board or from harvest serve (c)"
      >
        Connect
      </button>
      {loaded && <ExportMenu loaded={loaded} />}
      <button type="button" onClick={nextTheme} title="Theme: as the system, light, dark">
        {THEME_TEXT[theme]}
      </button>
      <button type="button" onClick={() => app.set({ dialog: 'help' })} title="Help (?)" aria-label="Help">
        ?
      </button>
    </header>
  );
}

/** The traces of a drop of several. */
function FileChoice() {
  const files = useApp((state) => state.files);
  const name = useApp((state) => state.loaded?.name);
  if (files.length < 2) return null;
  return (
    <select
      aria-label="Which of the opened traces"
      value={String(files.findIndex((file) => file.name === name))}
      onChange={(event) => {
        const file = files[Number(event.currentTarget.value)];
        if (file) void openFile(file);
      }}
    >
      {files.map((file, index) => (
        <option key={index} value={String(index)}>
          {index + 1} of {files.length}: {shown(file.name)}
        </option>
      ))}
    </select>
  );
}

function TraceTitle() {
  const loaded = useApp((state) => state.loaded);
  if (!loaded) return null;
  const { info } = loaded.trace;
  const about = [info.board, info.allocator, info.engine]
    .filter((text) => text !== undefined)
    .map((text) => shown(text ?? ''));
  return (
    <p class="trace-title" title={`${shown(loaded.name)}, ${shown(loaded.format)}, ${shown(info.source)}`}>
      <b>{shown(loaded.name)}</b>
      <span class="quiet">
        {formatCount(loaded.trace.eventCount)} events{about.length > 0 && ` · ${about.join(' · ')}`}
      </span>
    </p>
  );
}

interface FileButtonProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly onFile?: (file: File) => Promise<void>;
  /** Takes several at once. */
  readonly onFiles?: (files: readonly File[]) => Promise<void>;
}

/** A button that asks for a file. The input itself stays out of sight; the button carries the label. */
export function FileButton({ id, label, hint, onFile, onFiles }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" id={id} title={hint} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        id={`${id}-file`}
        type="file"
        class="off-screen"
        multiple={onFiles !== undefined}
        tabIndex={-1}
        aria-label={label}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          const [file] = files;
          if (file) void (onFiles ? onFiles(files) : onFile?.(file));
        }}
      />
    </>
  );
}
