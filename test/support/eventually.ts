import { setTimeout as sleep } from 'node:timers/promises';

/** Far longer than anything takes: a guard against hanging, no expectation. */
const PATIENCE_MS = 120_000;
const STEP_MS = 10;

/** Waits until it is so, however slow the machine is; whether it came to be so. Only what never comes takes long. */
export async function eventually(isSo: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<boolean> {
  // Steps and no clock: a machine that stood still has used none of the patience.
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += STEP_MS) {
    if (await isSo()) return true;
    await sleep(STEP_MS);
  }
  return await isSo();
}
