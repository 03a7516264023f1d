/**
 * Runs third-party code that reports what it meets on the console, with the console silenced. Calls may overlap;
 * the console comes back with the last of them. Anything else written to the console meanwhile is lost, so our
 * own messages go to the process's streams.
 */

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
type Methods = Pick<Console, (typeof METHODS)[number]>;

let original: Methods | undefined;
let running = 0;

export async function withQuietConsole<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) {
    original = Object.fromEntries(METHODS.map((method) => [method, console[method]])) as unknown as Methods;
    for (const method of METHODS) console[method] = () => undefined;
  }
  try {
    return await work();
  } finally {
    if (--running === 0) Object.assign(console, original);
  }
}
