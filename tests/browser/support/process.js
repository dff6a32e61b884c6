// Programs beside the browser. None of them outlives the tests, however these end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export function run(program, args, options) {
  const child = spawn(program, args, options);
  child.on('error', (error) => { throw new Error(`${program} does not start: ${error.message}`); });
  child.on('exit', () => running.delete(child));
  running.add(child);
  return child;
}

/** Ends it, and returns when it is gone. */
export async function stop(child, signal) {
  if (!running.has(child)) return;
  child.kill(signal);
  await once(child, 'exit');
}
