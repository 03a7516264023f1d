/** Children of Electron: utility processes, which take the windows' MessagePorts themselves. */
import { utilityProcess, type MessagePortMain } from 'electron';
import { childAnswerSchema, type ChildOrder } from '#core/protocol/child.ts';
import { CHILD_FLAGS } from '../children/specs.ts';
import type { ChildName, ChildProcess } from '../children/supervisor.ts';

const SERVICE_NAMES = { engine: 'Voxfit Engine', audio: 'Voxfit Playback' } as const satisfies Record<
  ChildName,
  string
>;

/** Starts a program of dist/ in a utility process. */
export function forkUtility(name: ChildName, programPath: string, args: readonly string[]): ChildProcess {
  const child = utilityProcess.fork(programPath, [...args], {
    serviceName: SERVICE_NAMES[name],
    execArgv: [...CHILD_FLAGS[name]],
    // What children print is for people who look for defects; the audio libraries print a lot.
    stdio: process.env['VOXFIT_DEBUG'] ? 'inherit' : 'ignore',
  });
  return {
    get pid() {
      return child.pid;
    },
    send: (order: ChildOrder, transfer?: unknown) => {
      child.postMessage(order, transfer === undefined ? [] : [transfer as MessagePortMain]);
    },
    onAnswer: (listener) => {
      child.on('message', (message: unknown) => {
        const parsed = childAnswerSchema.safeParse(message);
        if (parsed.success) listener(parsed.data);
      });
    },
    onExit: (listener) => {
      child.on('exit', listener);
    },
    kill: () => {
      // Electron's own kill() asks, and a hung process does not listen.
      if (child.pid === undefined) child.kill();
      else process.kill(child.pid, 'SIGKILL');
    },
  };
}
