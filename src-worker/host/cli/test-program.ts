/** For tests: the built program as a user runs it, folders that vanish, and sound to feed it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { encodeWav, type WavDepth } from '#audio/wav.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/voxfit.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `voxfit` to its end. */
export function voxfit(...args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

/** Starts `voxfit`; stdout and stderr are pipes. */
export function startVoxfit(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Reproducible white noise, uniform in ±1. */
export function noise(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Something like singing: notes of half a second with harmonics, vibrato and breath, peak about 0.5. */
export function singing(seconds: number, sampleRateHz: number): Float32Array {
  const breath = noise(Math.round(seconds * sampleRateHz), 1);
  let phase = 0;
  return breath.map((air, n) => {
    const t = n / sampleRateHz;
    const note = Math.floor(2 * t);
    const pitchHz = 180 * 2 ** (((note * 5) % 12) / 12) * (1 + 0.006 * Math.sin(2 * Math.PI * 5.5 * t));
    phase += (2 * Math.PI * pitchHz) / sampleRateHz;
    const inNote = 2 * t - note;
    const envelope = Math.min(1, inNote * 20) * Math.min(1, (1 - inNote) * 6);
    let voice = 0;
    for (let harmonic = 1; harmonic <= 8; harmonic++) voice += Math.sin(harmonic * phase) / (harmonic + 1);
    return envelope * (0.2 * voice + 0.02 * air);
  });
}

/** What a desk might make of it: brighter, an echo after 300 ms on the right, `gain`, later by `delaySamples`. */
export function finished(
  dry: Float32Array,
  gain: number,
  delaySamples: number,
): [Float32Array, Float32Array] {
  const bright = dry.map((x, n) => gain * (x - 0.4 * (dry[n - 1] ?? 0)));
  const echo = 13_230;
  return [
    bright.map((_, n) => bright[n - delaySamples] ?? 0),
    bright.map((_, n) => (bright[n - delaySamples] ?? 0) + 0.4 * (bright[n - delaySamples - echo] ?? 0)),
  ];
}

/** Writes a wav file and answers its path. */
export function wavFile(
  path: string,
  channels: readonly Float32Array[],
  sampleRateHz = 44_100,
  depth: WavDepth = '32f',
): string {
  writeFileSync(path, encodeWav({ sampleRateHz, channels }, depth));
  return path;
}
