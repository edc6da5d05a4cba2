import { SymbolError } from '../errors/errors.js';

/**
 * A bound on work whose size a damaged file could choose: lists that many entries point to, tables that overlap.
 * A good file uses a small part of it; one that runs out is refused with HH1306 instead of hanging.
 */
export class WorkBudget {
  private left: number;

  constructor(fileBytes: number) {
    this.left = 16_000_000 + fileBytes * 16;
  }

  spend(steps: number, subject: string): void {
    this.left -= steps;
    if (this.left < 0) {
      throw new SymbolError(
        'HH1306',
        `${subject}: found lists that refer to each other without end, expected a finite table`,
        {
          remedy: 'Build or copy the ELF file again: its debug information is damaged.',
        },
      );
    }
  }
}
