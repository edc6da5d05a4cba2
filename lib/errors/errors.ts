/** The process exit codes that every command uses (docs/cli.md). */
export const ExitCode = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  target: 3,
  partial: 4,
  toolMissing: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What an error may carry besides its code and message. */
export interface ErrorDetails {
  /** What to do next: one command or one step. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The root of every error that the library throws on purpose.
 * The message reads `subject: where: found, expected`; `remedy` is what to do next. `code` is stable (`harvest explain HH1203`).
 */
export class HarvestError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(code: string, exitCode: ExitCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitCode = exitCode;
    this.remedy = details.remedy;
  }
}

/** HH11xx: a value that the user gave cannot be used. */
export class UsageError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.usage, message, details);
  }
}

/** HH12xx: a board or allocator description is wrong. */
export class BoardConfigError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.usage, message, details);
  }
}

/** HH13xx: an ELF file or its debug information cannot be used. */
export class SymbolError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.usage, message, details);
  }
}

/** HH14xx: bytes that are not the trace format they were taken for. */
export class TraceFormatError extends HarvestError {
  /** Where in the input: a byte offset or a line number, whichever the format counts in. */
  readonly offset: number | undefined;

  constructor(code: string, message: string, details: ErrorDetails & { readonly offset?: number } = {}) {
    super(code, ExitCode.usage, message, details);
    this.offset = details.offset;
  }
}

/** HH15xx: the debug server or the target refused or misbehaved. */
export class TargetError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.target, message, details);
  }
}

/** HH16xx: the link to a device that was there is gone. */
export class DeviceLostError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.target, message, details);
  }
}

/** HH17xx: gdb itself failed, died, or answered `^error`. */
export class GdbError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.target, message, details);
  }
}

/** HH18xx: a program that is needed is not installed. */
export class ToolMissingError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.toolMissing, message, details);
  }
}

/** HH19xx: results could not be written; what was already written stays. */
export class OutputError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.partial, message, details);
  }
}

/** HH20xx: a limit, a leak check or a budget failed: the tool worked, the firmware did not pass. */
export class CheckFailedError extends HarvestError {
  constructor(code: string, message: string, details?: ErrorDetails) {
    super(code, ExitCode.checkFailed, message, details);
  }
}

/** What an error says; anything else that was thrown, as text. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
