/** For tests: the engine's service on a folder that vanishes, windows that connect to it, and sound to feed it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { encodeWav, type WavDepth } from '#audio/wav.ts';
import { Client, type Output } from '#core/protocol/contract.ts';
import { engineContract, type EngineContract } from '#core/protocol/engine.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import type { SourceRole } from '#core/protocol/schemas.ts';
import { EngineService, type EngineOptions } from './service.ts';

/** Waits until `holds`; the test's own time limit is the only one. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Whether sound is the same bit for bit; quicker than comparing arrays number by number. */
export function isSameSound(a: readonly Float32Array[], b: readonly Float32Array[]): boolean {
  const bytes = (x: Float32Array): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
  return a.length === b.length && a.every((channel, c) => bytes(channel).equals(bytes(b[c]!)));
}

export class TestWindow {
  private static lastJob = 0;
  private static lastFile = 0;
  readonly client: Client<EngineContract>;

  constructor(private readonly service: EngineService) {
    const [own, others] = joinedPorts();
    this.service.connect(others);
    this.client = new Client(engineContract, own);
  }

  newJob(): string {
    return `job-${++TestWindow.lastJob}`;
  }

  /** An id for a file, as the host would give it. */
  grant(path: string): string {
    const file = `f-${++TestWindow.lastFile}`;
    this.service.grant(file, path);
    return file;
  }

  load(path: string, role: SourceRole): Promise<Output<EngineContract, 'source.load'>> {
    return this.client.call('source.load', { job: this.newJob(), file: this.grant(path), role });
  }
}

export interface TestEngine {
  readonly service: EngineService;
  readonly folder: string;
  readonly cacheFolder: string;
  readonly defects: unknown[];
  readonly window: () => TestWindow;
  /** A path in the folder. */
  readonly path: (name: string) => string;
  /** Writes a wav file and returns its path. */
  readonly wav: (
    name: string,
    channels: readonly Float32Array[],
    sampleRateHz: number,
    depth?: WavDepth,
  ) => string;
}

/** Opens an engine that is closed after the test file; a defect in any test fails it. */
export async function testEngine({
  patienceMs,
  cacheFolder,
  openGpu,
}: Partial<Pick<EngineOptions, 'patienceMs' | 'cacheFolder' | 'openGpu'>> = {}): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
  const cache = cacheFolder ?? join(folder, 'cache');
  if (cacheFolder === undefined) mkdirSync(cache);
  const defects: unknown[] = [];
  const service = new EngineService({
    cacheFolder: cache,
    onDefect: (error) => defects.push(error),
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(openGpu === undefined ? {} : { openGpu }),
  });
  await service.open();
  afterEach(() => {
    if (defects.length > 0) throw defects.splice(0)[0];
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const path = (name: string): string => join(folder, name);
  return {
    service,
    folder,
    cacheFolder: cache,
    defects,
    window: () => new TestWindow(service),
    path,
    wav: (name, channels, sampleRateHz, depth = '32f') => {
      writeFileSync(path(name), encodeWav({ sampleRateHz, channels }, depth));
      return path(name);
    },
  };
}
