import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { tellTraffic } from './traffic.js';

/**
 * Waits on its stdin: a line says that all is well; an end without one, that the process that held it is gone (killed, perhaps), and
 * that what it started has to go as well.
 */
const WATCHDOG = 'read -r _ || kill -9 "$1"';

/**
 * Starts a program in a process group of its own, so that Ctrl-C at our terminal does not reach it: captures end it in order.
 * It never outlives this process, however that ends: a captured emulator would otherwise run on for ever.
 */
export function spawnTool(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  tellTraffic('process', '>', () => [program, ...args].join(' '));
  const child = spawn(program, args, { detached: process.platform !== 'win32', windowsHide: true });
  const watchdog = child.pid === undefined ? undefined : watch(child.pid);
  child.once('close', () => watchdog?.stdin?.end('ended\n'));
  return child;
}

/** Undefined where there is no shell: the program then outlives a killed process. */
function watch(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin?.on('error', () => undefined);
  // Neither it nor its pipe keeps this process from ending.
  watchdog.unref();
  if (watchdog.stdin && 'unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') watchdog.stdin.unref();
  return watchdog;
}
