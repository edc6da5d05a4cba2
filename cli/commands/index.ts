import type { AnyCommand } from '../context.js';
import { allocatorsCommand } from './allocators.js';
import { boardsCommand } from './boards.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { explainCommand } from './explain.js';
import { harvestCommand } from './harvest.js';
import { importCommand } from './import.js';
import { treeCommand } from './tree.js';

/** Every command, in the order in which `harvest --help` lists them. */
export const COMMANDS: readonly AnyCommand[] = [
  harvestCommand,
  importCommand,
  treeCommand,
  boardsCommand,
  allocatorsCommand,
  doctorCommand,
  demoCommand,
  explainCommand,
];
