/** The children of Voxfit, the same under every host. */
import { join } from 'node:path';
import { programFolder } from '../program-files.ts';
import type { ChildName, ChildProcess, ChildSpec } from './supervisor.ts';

/** Starts a built program with arguments; how depends on the host. */
export type Spawn = (name: ChildName, programPath: string, args: readonly string[]) => ChildProcess;

/** For the JavaScript engine: collecting little rubbish often keeps the sound's pauses short and its memory flat. */
export const CHILD_FLAGS: Readonly<Record<ChildName, readonly string[]>> = {
  engine: [],
  audio: ['--max-semi-space-size=2'],
};

/** @param cacheFolder where the engine leaves prepared sound for the audio process */
export function childSpecs(cacheFolder: string, spawn: Spawn): readonly ChildSpec[] {
  const spec = (name: ChildName, patienceMs: number, priority: number): ChildSpec => ({
    name,
    patienceMs,
    priority,
    spawn: () => spawn(name, join(programFolder(), 'dist', `${name}-process.js`), ['--cache', cacheFolder]),
  });
  return [
    // The engine's main thread works on whole files, and must never be in the way of the sound.
    spec('engine', 20_000, 15),
    spec('audio', 3000, -15),
  ];
}
