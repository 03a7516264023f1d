/** The built process as a host starts it. */
import { fork, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { encodeWav } from '#audio/wav.ts';
import type { ChildAnswer, ChildOrder } from '#core/protocol/child.ts';
import { Client, type Payload } from '#core/protocol/contract.ts';
import { engineContract, type EngineContract } from '#core/protocol/engine.ts';
import type { Port } from '#core/protocol/port.ts';
import type { FitCheckpoint } from '#engine/fit.ts';
import { madeUpPair } from '../test-support/made-up-pair.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/engine-process.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
const cache = join(folder, 'cache');
const pair = await madeUpPair(3);
const files = { 'f-1': join(folder, 'dry.wav'), 'f-2': join(folder, 'target.wav') } as const;
writeFileSync(files['f-1'], encodeWav(pair.dry, '32f'));
writeFileSync(files['f-2'], encodeWav(pair.wet, '32f'));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Engine {
  readonly child: ChildProcess;
  readonly client: Client<EngineContract>;
  send(order: ChildOrder): void;
  answer(wanted: ChildAnswer['t']): Promise<void>;
}

/** Starts the process, connects one window and grants it the pair. */
async function startEngine(): Promise<Engine> {
  const child = fork(PROGRAM, ['--cache', cache], { serialization: 'advanced', stdio: 'inherit' });
  children.push(child);
  const send = (order: ChildOrder): void => {
    child.send(order);
  };
  const port: Port = {
    send: (data) => {
      send({ t: 'port', port: 1, data });
    },
    onMessage: (listener) => {
      child.on('message', (answer: ChildAnswer) => {
        if (answer.t === 'port') listener(answer.data);
      });
    },
    onClose: (listener) => {
      child.on('exit', listener);
    },
    close: () => {
      send({ t: 'disconnect', port: 1 });
    },
  };
  const answer = (wanted: ChildAnswer['t']): Promise<void> =>
    new Promise((resolve) => {
      child.on('message', ({ t }: ChildAnswer) => {
        if (t === wanted) resolve();
      });
    });
  await answer('ready');
  send({ t: 'connect', port: 1 });
  for (const [file, path] of Object.entries(files)) send({ t: 'grant', file, path });
  return { child, client: new Client(engineContract, port), send, answer };
}

async function loadPair({ client }: Engine): Promise<{ dry: string; target: string }> {
  const { source: dry } = await client.call('source.load', { job: 'load', file: 'f-1', role: 'dry' });
  const { source: target } = await client.call('source.load', { job: 'load', file: 'f-2', role: 'target' });
  return { dry, target };
}

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.on('exit', resolve);
  });

describe('the engine process', () => {
  it('goes on with a fit from its checkpoint after it was killed', async () => {
    const checkpointPath = join(cache, 'fit-killed.checkpoint');
    const request = { job: 'killed', locked: [], seed: 1 };
    const first = await startEngine();
    const fitting = first.client.call('fit.start', { ...request, ...(await loadPair(first)) });
    const lost = expect(fitting).rejects.toMatchObject({ code: 'disconnected' });
    while (!existsSync(checkpointPath)) await new Promise((resolve) => setTimeout(resolve, 20));
    first.child.kill('SIGKILL');
    await lost;
    const [, checkpoint] = deserialize(readFileSync(checkpointPath)) as [string, FitCheckpoint];
    expect(checkpoint.step).toBeGreaterThan(0);

    const second = await startEngine();
    const seen: Payload<EngineContract, 'fit.progress'>[] = [];
    second.client.on('fit.progress', (progress) => {
      seen.push(progress);
      if (seen.length === 5) void second.client.call('cancel', { job: 'killed' });
    });
    const result = await second.client.call('fit.start', {
      ...request,
      ...(await loadPair(second)),
      resume: true,
    });
    expect(seen[0]!.step).toBeGreaterThan(checkpoint.step);
    expect(result.steps).toBeGreaterThan(checkpoint.step);
    const kept = Math.min(...checkpoint.trajectories.map(({ best }) => best.loss));
    expect(Math.min(...seen.map(({ loss }) => loss))).toBeLessThanOrEqual(kept);
    // The result is scored by the exact objective, the checkpoint by the fast one.
    expect(result.loss).toBeLessThan(1.03 * kept);
    expect(existsSync(checkpointPath)).toBe(false);
  });

  it('answers pings while a fit uses every core, at a low priority', async () => {
    const engine = await startEngine();
    if (process.platform !== 'win32') expect(getPriority(engine.child.pid)).toBeGreaterThanOrEqual(10);
    const sources = await loadPair(engine);
    let steps = 0;
    engine.client.on('fit.progress', () => steps++);
    const fitting = engine.client.call('fit.start', { job: 'busy', locked: [], seed: 1, ...sources });
    while (steps === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const pong = engine.answer('pong');
    engine.send({ t: 'ping', id: 1 });
    await pong;
    await engine.client.call('cancel', { job: 'busy' });
    expect((await fitting).stopped).toBe('interrupted');
  });

  it('ends when its host wants it to, and leaves no half of a file', async () => {
    mkdirSync(join(folder, 'out'));
    const engine = await startEngine();
    engine.send({ t: 'grant', file: 'f-3', path: join(folder, 'out', 'x.wav') });
    const { dry } = await loadPair(engine);
    const exporting = engine.client.call('export.wav', {
      job: 'export',
      dry,
      file: 'f-3',
      raw: new Float64Array(151),
      sampleRateHz: 44_100,
      depth: '32f',
      tailSeconds: 60,
      inputGain: 1,
      outputGain: 1,
      lufs: null,
      bypassed: [],
    });
    const stopped = expect(exporting).rejects.toBeDefined();
    engine.client.on('progress', ({ text }) => {
      if (text.startsWith('Writing')) engine.send({ t: 'quit' });
    });
    expect(await exited(engine.child)).toBe(0);
    await stopped;
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  it('ends when its host is gone', async () => {
    const engine = await startEngine();
    const end = exited(engine.child);
    engine.child.disconnect();
    expect(await end).toBe(0);
  });
});
