/** This process's share of the processors. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Field of /proc/self/stat, counted after the program's name. */
const SESSION_FIELD = 3;

/**
 * As os.setPriority (19 lowest … −20 highest), for all threads there are; those made later inherit it. Left as it is where
 * that is not permitted.
 */
export function setOwnPriority(priority: number): void {
  const isLinux = process.platform === 'linux';
  // Linux has priorities of threads.
  const threads = isLinux ? readdirSync('/proc/self/task').map(Number) : [0];
  try {
    for (const thread of threads) setPriority(thread, priority);
    if (isLinux && isOwnSession()) writeFileSync('/proc/self/autogroup', String(priority));
  } catch {
    // Not permitted, or a kernel without groups.
  }
}

/**
 * Linux shares the processors among sessions first (see sched(7), autogroup), and a process's own priority counts only
 * within its session. That of a session is for its leader to change.
 */
function isOwnSession(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[SESSION_FIELD]) === process.pid;
}
