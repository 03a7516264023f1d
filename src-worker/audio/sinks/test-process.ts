/** For tests: the built audio process on a sound card, as its host starts it. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audioContract } from '#core/protocol/audio.ts';
import { childAnswerSchema, type ChildOrder } from '#core/protocol/child.ts';
import { Client } from '#core/protocol/contract.ts';
import type { Port } from '#core/protocol/port.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/audio-process.js', import.meta.url));
const PORT_NUMBER = 1;

export interface AudioProcess {
  readonly client: Client<typeof audioContract>;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Puts sound where the engine would, channels one after the other. */
  prepare(...channels: readonly Float32Array[]): { readonly cache: string; readonly lengthSamples: number };
  /** Asks the process to end, and cleans up when it has. */
  quit(): Promise<void>;
}

/** Resolves when the process is ready. `env` comes on top of this process's own. */
export async function startAudioProcess(env: Readonly<Record<string, string>>): Promise<AudioProcess> {
  const cache = mkdtempSync(join(tmpdir(), 'voxfit-audio-'));
  const child = fork(PROGRAM, ['--cache', cache], {
    env: { ...process.env, ...env },
    serialization: 'advanced',
    // What PortAudio and ALSA print is of no use here.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: process.platform !== 'win32',
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.off('exit', kill);
      rmSync(cache, { recursive: true, force: true });
      resolve();
    });
  });
  const order = (message: ChildOrder): void => {
    if (child.connected) child.send(message);
  };
  await untilReady(child, exited);
  order({ t: 'connect', port: PORT_NUMBER });
  return {
    client: new Client(audioContract, portOf(child, order)),
    exited,
    prepare: (...channels) => {
      const name = randomBytes(16).toString('hex');
      const lengthSamples = channels[0]!.length;
      const all = new Float32Array(channels.length * lengthSamples);
      channels.forEach((channel, c) => {
        all.set(channel, c * lengthSamples);
      });
      writeFileSync(join(cache, `${name}.f32`), all);
      return { cache: name, lengthSamples };
    },
    quit: () => {
      order({ t: 'quit' });
      return exited;
    },
  };
}

function untilReady(child: ChildProcess, exited: Promise<void>): Promise<void> {
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => {
      resolve();
    });
  });
  const failed = exited.then(() => {
    throw new Error('The audio process ended while it was starting; has it been built (npm run build)?');
  });
  return Promise.race([ready, failed]);
}

function portOf(child: ChildProcess, order: (message: ChildOrder) => void): Port {
  return {
    send: (data) => {
      order({ t: 'port', port: PORT_NUMBER, data });
    },
    onMessage: (listener) => {
      child.on('message', (message) => {
        const answer = childAnswerSchema.parse(message);
        if (answer.t === 'port') listener(answer.data);
      });
    },
    onClose: (listener) => {
      child.once('exit', listener);
    },
    close: () => {
      order({ t: 'disconnect', port: PORT_NUMBER });
    },
  };
}
