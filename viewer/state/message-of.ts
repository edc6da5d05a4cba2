import { errorMessage, HarvestError } from '../../lib/public/browser.js';
import { PAGE_REMEDIES } from '../model/page-remedies.js';
import type { Message } from './app-state.js';

/** An error that is told as it came from the worker. */
export class ToldError extends Error {
  constructor(readonly told: Message) {
    super(told.text);
  }
}

/** What only a terminal or a program understands: a command, an option, a field of the library's options. */
const NOT_OF_A_PAGE = /\bharvest [a-z]|(?<![\w-])--[a-z]|\boptions\.[a-z]|\bdocs\//;

/** What the page says of anything that was thrown. */
export function messageOf(error: unknown): Message {
  if (error instanceof ToldError) return error.told;
  if (!(error instanceof HarvestError)) return { text: `The page could not do that: ${errorMessage(error)}` };
  const { message: text, code, remedy } = error;
  const fits = remedy !== undefined && !NOT_OF_A_PAGE.test(remedy);
  return { text, code, remedy: fits ? sentence(remedy) : PAGE_REMEDIES[code] };
}

/** The library writes its remedies to stand behind a colon. */
function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}

/** A line on a trace without the hint at an option that would settle it: the page has none. */
export function withoutOptions(line: string): string {
  return line.replace(/ \([^()]*\boptions\.[^()]*\)/g, '');
}
