/**
 * What `--json` prints, a type a document: each says by `schema` what it is. schemas/*.json are made of these types (`npm run schemas`), so that
 * scripts can rely on them; a change of what a field means is a new number behind the @.
 */
import type {
  AlloctraceStatus,
  BudgetCheck,
  CallTree,
  CaptureSummary,
  ErrorExplanation,
  Fragmentation,
  GcFrames,
  HeapDiff,
  HeapStats,
  Leaks,
  MpyFile,
  MpyHeapCost,
  PoolPlan,
  ProvenLeaks,
  SourceFrame,
  WhatIf,
  WhyAlive,
} from '../lib/public/command-line.js';
import type { DatasetReport, FleetAnswer, FleetReport } from '../lib/public/fleet.js';
import type { Context } from './context.js';

/** run, import, capture, demo, resymbolize: the summary with the call tree. */
export interface CaptureJson extends CaptureSummary {
  readonly tree: CallTree;
}
/** tree */
export type CallTreeJson = CallTree;
/** stats */
export type StatsJson = HeapStats;
/** leaks */
export type LeaksJson = Leaks;
/** leaks --proven */
export type ProvenLeaksJson = ProvenLeaks;
/** why: the blocks that were asked for, or what keeps the most alive. */
export interface WhyJson {
  readonly schema: 'heap-harvest/why@1';
  /** What the heap holds: objects of an interpreter, or blocks of which nothing more is known. */
  readonly heap: 'objects' | 'blocks';
  /** The mark at which it was read; absent at the end of a capture, and where there is none. */
  readonly at?: string;
  /** What could not be read; absent when all was. */
  readonly unsure?: string;
  readonly blocks: readonly WhyAlive[];
}
/** frag */
export type FragmentationJson = Fragmentation;
/** pools */
export type PoolsJson = PoolPlan;
/** diff */
export type DiffJson = HeapDiff;
/** check */
export type BudgetJson = BudgetCheck;
/** whatif */
export interface WhatIfsJson {
  readonly schema: 'heap-harvest/what-ifs@1';
  readonly results: readonly WhatIf[];
}
/** layout */
export interface GcFramesJson extends GcFrames {
  readonly schema: 'heap-harvest/gc-frames@1';
}
/** mpy */
export interface MpyJson {
  readonly schema: 'heap-harvest/mpy@1';
  readonly version: 1;
  readonly files: readonly { readonly path: string; readonly file: MpyFile; readonly cost: MpyHeapCost }[];
}
/** symbolize */
export interface SymbolizeJson {
  readonly schema: 'heap-harvest/symbolize@1';
  readonly addresses: readonly { readonly address: number; readonly frames: readonly SourceFrame[] }[];
}
/** dump */
export interface DumpsJson {
  readonly schema: 'heap-harvest/dumps@1';
  /** The address of the first byte of each: 0x20000000. */
  readonly base: string;
  readonly files: readonly string[];
}
/** report */
export interface ReportJson {
  readonly schema: 'heap-harvest/report@1';
  readonly path: string;
  readonly bytes: number;
}
/** view, serve: where it is served, printed when it is. */
export interface ServedJson {
  readonly schema: 'heap-harvest/served@1';
  readonly url: string;
  readonly port: number;
}
/** capture ring --action */
export interface RingStatusJson extends AlloctraceStatus {
  readonly schema: 'heap-harvest/ring-status@1';
}
/** What has a schema of its own. */
export type Described = object;
/** boards */
export interface BoardsJson {
  readonly schema: 'heap-harvest/boards@1';
  /** Each as a board file has it: the schema of those is board-configs/board.schema.json. */
  readonly boards: readonly Described[];
}
/** boards show: the board as a board file has it. */
export interface BoardJson {
  readonly schema: 'heap-harvest/board@1';
  readonly board: Described;
}
/** allocators */
export interface AllocatorsJson {
  readonly schema: 'heap-harvest/allocators@1';
  /** Each as a profile has it: board-configs/allocators. */
  readonly allocators: readonly Described[];
}
/** allocators ELF: best first. */
export interface AllocatorMatchesJson {
  readonly schema: 'heap-harvest/allocator-matches@1';
  readonly matches: readonly { readonly allocator: string; readonly reason: string }[];
}
/** One thing that doctor looked at. */
export interface DoctorFinding {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly found: string;
  readonly remedy?: string;
}
/** doctor */
export interface DoctorJson {
  readonly schema: 'heap-harvest/doctor@1';
  readonly findings: readonly DoctorFinding[];
}
/** explain CODE */
export interface ExplanationJson extends ErrorExplanation {
  readonly schema: 'heap-harvest/explanation@1';
  readonly code: string;
}
/** explain */
export interface ExplanationsJson {
  readonly schema: 'heap-harvest/explanations@1';
  readonly codes: Readonly<Record<string, ErrorExplanation>>;
}
/** import --list-formats, export --list-formats */
export interface FormatsJson {
  readonly schema: 'heap-harvest/formats@1';
  readonly formats: readonly { readonly id: string; readonly title: string; readonly extension?: string }[];
}
/** export --dataset */
export type DatasetReportJson = DatasetReport;
/** fleet QUESTION */
export type FleetAnswerJson = FleetAnswer;
/** fleet report */
export type FleetReportJson = FleetReport;
/** fleet query: rows are lists of cells in the order of the columns. */
export interface FleetQueryJson {
  readonly schema: 'heap-harvest/fleet-query@1';
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}
/** What failed, in every command. */
export interface ErrorJson {
  readonly schema: 'heap-harvest/error@1';
  readonly error: { readonly code: string; readonly message: string; readonly remedy?: string };
}

/** Every document that `--json` prints. */
export type JsonOutput =
  | CaptureJson
  | CallTreeJson
  | StatsJson
  | LeaksJson
  | ProvenLeaksJson
  | WhyJson
  | FragmentationJson
  | PoolsJson
  | DiffJson
  | BudgetJson
  | WhatIfsJson
  | GcFramesJson
  | MpyJson
  | SymbolizeJson
  | DumpsJson
  | ReportJson
  | ServedJson
  | RingStatusJson
  | BoardsJson
  | BoardJson
  | AllocatorsJson
  | AllocatorMatchesJson
  | DoctorJson
  | ExplanationJson
  | ExplanationsJson
  | FormatsJson
  | DatasetReportJson
  | FleetAnswerJson
  | FleetReportJson
  | ErrorJson;

/** Prints a document in one line, or indented for who reads it. */
export function printJson(output: JsonOutput, context: Pick<Context, 'out'>, indent?: number): void {
  context.out(`${JSON.stringify(output, undefined, indent)}\n`);
}
