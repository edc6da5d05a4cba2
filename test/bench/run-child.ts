import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a module beside this one answers to a task, in a process of its own, so that time and peak memory are its own. */
export async function runChild<Answer>(module: string, task: object, timeoutMs = 600_000): Promise<Answer> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)));
  child.send(task);
  try {
    const [answer] = (await once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [Answer];
    return answer;
  } finally {
    child.kill();
  }
}
