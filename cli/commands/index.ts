import type { AnyCommand } from '../context.js';
import { allocatorsCommand } from './allocators.js';
import { boardsCommand } from './boards.js';
import { captureCommand } from './capture.js';
import { checkCommand } from './check.js';
import { demoCommand } from './demo.js';
import { diffCommand } from './diff.js';
import { doctorCommand } from './doctor.js';
import { dumpCommand } from './dump.js';
import { explainCommand } from './explain.js';
import { exportCommand } from './export.js';
import { fragCommand } from './frag.js';
import { harvestCommand } from './harvest.js';
import { importCommand } from './import.js';
import { layoutCommand } from './layout.js';
import { leaksCommand } from './leaks.js';
import { mpyCommand } from './mpy.js';
import { poolsCommand } from './pools.js';
import { reportCommand } from './report.js';
import { resymbolizeCommand } from './resymbolize.js';
import { serveCommand } from './serve.js';
import { sessionCommand } from './session.js';
import { statsCommand } from './stats.js';
import { symbolizeCommand } from './symbolize.js';
import { treeCommand } from './tree.js';
import { viewCommand } from './view.js';
import { whatifCommand } from './whatif.js';

/** Every command, in the order in which `harvest --help` lists them. */
export const COMMANDS: readonly AnyCommand[] = [
  harvestCommand,
  importCommand,
  exportCommand,
  viewCommand,
  reportCommand,
  captureCommand,
  sessionCommand,
  serveCommand,
  treeCommand,
  statsCommand,
  leaksCommand,
  fragCommand,
  poolsCommand,
  diffCommand,
  checkCommand,
  whatifCommand,
  dumpCommand,
  layoutCommand,
  mpyCommand,
  symbolizeCommand,
  resymbolizeCommand,
  boardsCommand,
  allocatorsCommand,
  doctorCommand,
  demoCommand,
  explainCommand,
];
