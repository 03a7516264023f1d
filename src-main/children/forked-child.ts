/** Children of a plain Node process: they share one channel of structured clones for all connections. */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { childAnswerSchema, type ChildOrder } from '#core/protocol/child.ts';
import { CHILD_FLAGS } from './specs.ts';
import type { ChildName, ChildProcess } from './supervisor.ts';

/** ALSA, PortAudio and JACK tell on stderr of every device that they tried in vain. */
const AUDIO_LIBRARY_NOISE =
  /^(ALSA lib |Expression '|PaHost_|Jack|jack server|Cannot connect to server|connect\(2\) call to |attempt to connect to server|Cannot lock down |\S*pulse\S*: )/i;

/** What children print is for people who look for defects. */
function showOutput(name: ChildName, output: Readable): void {
  const isWanted = Boolean(process.env['VOXFIT_DEBUG']);
  createInterface({ input: output }).on('line', (line) => {
    if (isWanted && line.trim() !== '' && !AUDIO_LIBRARY_NOISE.test(line))
      process.stderr.write(`[${name}] ${line}\n`);
  });
}

/** Starts a program of dist/ with Node. */
export function forkChild(name: ChildName, programPath: string, args: readonly string[]): ChildProcess {
  const child = fork(programPath, [...args], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // The host's own flags, such as a debugger's port, are not for its children.
    execArgv: [...CHILD_FLAGS[name]],
    // Out of the terminal's process group: Ctrl-C is for the host, which ends its children itself.
    detached: process.platform !== 'win32',
  });
  showOutput(name, child.stdout!);
  showOutput(name, child.stderr!);
  const exitListeners: (() => void)[] = [];
  let isGone = false;
  const gone = (): void => {
    if (isGone) return;
    isGone = true;
    exitListeners.forEach((listener) => {
      listener();
    });
  };
  child.on('exit', gone);
  // A program that cannot be started at all has an error and no exit; any other error comes with one.
  child.on('error', () => {
    if (child.pid === undefined) gone();
  });
  return {
    pid: child.pid,
    send: (order: ChildOrder) => {
      // What cannot be delivered belongs to a child that is about to be noticed as gone.
      if (child.connected) child.send(order, () => undefined);
    },
    onAnswer: (listener) => {
      child.on('message', (message) => {
        const parsed = childAnswerSchema.safeParse(message);
        if (parsed.success) listener(parsed.data);
      });
    },
    onExit: (listener) => {
      exitListeners.push(listener);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
