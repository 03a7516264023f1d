import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PARAMETER_COUNT, neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import { parsePreset, type Preset } from '#core/preset/preset.ts';
import { decodeFile } from '#audio/decode.ts';
import {
  finished,
  noise,
  singing,
  startVoxfit,
  temporaryFolder,
  voxfit,
  wavFile,
  type Outcome,
} from './test-program.ts';

const RATE = 44_100;
const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const presetIn = (path: string): Preset => parsePreset(readFileSync(path, 'utf8'), path);

const SECONDS = 4;
const voice = singing(SECONDS, RATE);
const dry = wavFile(file('dry.wav'), [voice]);
const wet = wavFile(file('wet.wav'), finished(voice, 0.5, 200));
/** Short fits. */
const QUICK = ['--steps', '3'];
/** Where the clock must not choose what computes. */
const ON_CPU = ['--backend', 'cpu', ...QUICK];

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}
const eventsOf = (stdout: string): Event[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

describe('voxfit fit', () => {
  it('writes a preset with its calibration, and a rendering like the wet', async () => {
    const run = voxfit('fit', dry, wet, '--out', file('a.json'), '--render', file('a.wav'), '--steps', '30');
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^Loss \d\.\d+ → \d\.\d+ in /);
    const { raw, calibration, fit } = presetIn(file('a.json'));
    expect(raw).toHaveLength(PARAMETER_COUNT);
    expect(Math.abs(calibration!.offsetSamples - 200)).toBeLessThan(5);
    expect(calibration).toMatchObject({
      polarity: 1,
      wetSampleRateHz: RATE,
      wetLengthSamples: SECONDS * RATE,
    });
    expect(fit!.loss).toBeLessThan(fit!.initialLoss);

    const rendered = await decodeFile(file('a.wav'));
    expect(rendered).toMatchObject({ sampleRateHz: RATE });
    expect(rendered.channels.map(({ length }) => length)).toEqual([SECONDS * RATE, SECONDS * RATE]);
    const total = (path: string): number =>
      (JSON.parse(voxfit('metrics', path, wet, '--json').stdout) as { total: number }).total;
    expect(total(file('a.wav'))).toBeLessThan(0.7 * total(dry));
  });

  it('renders at the rate, polarity, offset and length of the wet, and so does render afterwards', async () => {
    const rate = 48_000;
    const dry48 = singing(3, rate);
    const inverted = finished(dry48, -0.3, 96).map((channel) => channel.slice(0, 2.9 * rate));
    const other = wavFile(file('inverted.wav'), inverted, rate);
    const dryFile = wavFile(file('dry48.wav'), [dry48], rate);
    const run = voxfit('fit', dryFile, other, '--out', file('i.json'), '--render', file('i.wav'), ...QUICK);
    expect(run.code, run.stderr).toBe(0);
    const { calibration } = presetIn(file('i.json'));
    expect(calibration!.polarity).toBe(-1);
    expect(Math.abs(calibration!.offsetSamples - (96 * RATE) / rate)).toBeLessThan(5);
    const [left] = (await decodeFile(file('i.wav'))).channels;
    expect(left).toHaveLength(2.9 * rate);
    const correlation = left.reduce((sum, x, n) => sum + x * inverted[0][n], 0);
    const norm = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0));
    expect(correlation / norm(left) / norm(inverted[0])).toBeGreaterThan(0.5);

    const again = voxfit('render', dryFile, file('j.wav'), '--preset', file('i.json'), '--depth', '32f');
    expect(again.code, again.stderr).toBe(0);
    const [same] = (await decodeFile(file('j.wav'))).channels;
    const error = left.reduce((worst, x, n) => Math.max(worst, Math.abs(x - same[n])), 0);
    expect(error).toBeLessThan(1e-6);
  });

  let kept: Outcome | undefined;
  /** A short fit with seed 5 that writes b.json. */
  const seeded = (): Outcome =>
    (kept ??= voxfit('fit', dry, wet, '--out', file('b.json'), '--json', '--seed', '5', ...ON_CPU));

  it('speaks JSON lines with --json', () => {
    const { code, stdout } = seeded();
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    const progress = events.filter(({ event }) => event === 'progress');
    const done = events.at(-1)!;
    expect(progress.length).toBeGreaterThan(0);
    expect(done.event).toBe('done');
    for (const event of [...progress, done]) {
      for (const key of ['step', 'evaluations', 'elapsed', 'loss'])
        expect(Number.isFinite(event[key]), key).toBe(true);
      expect(Object.keys(event['terms'] as object)).toEqual(['mss_lr', 'mss_ms', 'mldr_lr', 'mldr_ms']);
    }
    expect(progress.some((event) => 'preset' in event)).toBe(true);
    expect(done).toMatchObject({ backend: 'cpu', warnings: [] });
    expect(done['backend_note']).toMatch(/^On the processor \(\d+ threads?\)\.$/);
    expect(parsePreset(JSON.stringify(done['preset'])).raw).toEqual(presetIn(file('b.json')).raw);
  });

  it('gives the same preset for the same seed and steps', () => {
    expect(seeded().code).toBe(0);
    expect(voxfit('fit', dry, wet, '--out', file('c.json'), '--seed', '5', ...ON_CPU).code).toBe(0);
    expect(presetIn(file('c.json')).raw).toEqual(presetIn(file('b.json')).raw);
  });

  it('keeps what is locked', () => {
    const args = ['--init', 'neutral', '--lock', 'eq', 'comp', '--lock', 'delay.time,pan', ...QUICK];
    expect(voxfit('fit', dry, wet, '--out', file('d.json'), ...args).code).toBe(0);
    const { raw } = presetIn(file('d.json'));
    const neutral = neutralRaw();
    const locked = ['eq', 'comp', 'delay.time', 'pan'].flatMap(parametersUnder);
    for (const index of locked) expect(raw[index]).toBe(neutral[index]);
    expect(raw.some((value, index) => value !== neutral[index])).toBe(true);
  });

  it('starts from a preset, and ends with its budget', () => {
    const run = voxfit(
      'fit',
      dry,
      wet,
      '--out',
      file('e.json'),
      '--init',
      file('d.json'),
      '--lock',
      'fdn',
      '--budget',
      '0.5',
    );
    expect(run.code, run.stderr).toBe(0);
    expect(presetIn(file('e.json')).fit!.stopped).toBe('budget');
    const [before, after] = [presetIn(file('d.json')).raw, presetIn(file('e.json')).raw];
    for (const index of parametersUnder('fdn')) expect(after[index]).toBe(before[index]);
  });

  it('reports', () => {
    const args = ['--report', file('report.json'), '--from', '1', '--to', '3.5', ...QUICK];
    expect(voxfit('fit', dry, wet, '--out', file('f.json'), ...args).code).toBe(0);
    const report = JSON.parse(readFileSync(file('report.json'), 'utf8')) as Record<string, unknown>;
    expect(report).toMatchObject({
      format: 'voxfit-report',
      options: { from: 1, to: 3.5, steps: 3, backend: 'auto' },
      backend: { used: expect.stringMatching(/^(cpu|webgpu)$/) as string },
      inputs: { dry: { sample_rate: RATE, channels: 1, duration: SECONDS }, wet: { channels: 2 } },
      effects: { eq: { 'pk1.gain': { unit: 'dB' } }, pan: { pan: {} } },
    });
    expect((report['curve'] as unknown[]).length).toBeGreaterThan(0);
  });

  it('warns when the wet has nothing to do with the dry', () => {
    const unrelated = wavFile(file('noise.wav'), [noise(SECONDS * RATE, 9).map((x) => 0.3 * x)]);
    const { code, stdout, stderr } = voxfit(
      'fit',
      dry,
      unrelated,
      '--out',
      file('g.json'),
      '--json',
      ...QUICK,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^voxfit: warning: .*correlation/m);
    const events = eventsOf(stdout);
    // At once, and not again at the end.
    expect(events.map(({ event }) => event).lastIndexOf('warning')).toBe(0);
    expect(stderr.match(/correlation/g)).toHaveLength(1);
    expect((events.at(-1)!['warnings'] as string[]).join()).toMatch(/correlation/);
  });

  it('runs on the processor, with a warning, where the GPU that was asked for is not there', () => {
    const driver = process.env['VK_ICD_FILENAMES'];
    process.env['VK_ICD_FILENAMES'] = '/nowhere/driver.json';
    try {
      const args = ['--out', file('h.json'), '--json', '--backend', 'webgpu', ...QUICK];
      const { code, stdout, stderr } = voxfit('fit', dry, wet, ...args);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^voxfit: warning: \S.*\. The fit runs on the processor instead\.$/m);
      expect(eventsOf(stdout).at(-1)).toMatchObject({ event: 'done', backend: 'cpu' });
    } finally {
      if (driver === undefined) delete process.env['VK_ICD_FILENAMES'];
      else process.env['VK_ICD_FILENAMES'] = driver;
    }
  });

  it('says when the disk is full at the end', () => {
    const { code, stderr } = voxfit('fit', dry, wet, '--out', '/dev/full', ...QUICK);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no space left/);
  });
});

/** Starts a long fit, calls `act` at the first progress, and resolves when it has ended. */
function interrupted(
  name: string,
  act: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<{ code: number | null; stdout: string; seconds: number }> {
  const child = startVoxfit('fit', dry, wet, '--out', file(name), '--json', '--budget', '100');
  let stdout = '';
  let start: number | undefined;
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (start !== undefined || !stdout.includes('"progress"')) return;
    start = performance.now();
    act((signal) => child.kill(signal));
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, stdout, seconds: (performance.now() - (start ?? NaN)) / 1000 });
    });
  });
}

describe('an interrupted fit', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s keeps the best so far and ends with 130', async (signal) => {
    const { code, stdout, seconds } = await interrupted(`${signal}.json`, (kill) => {
      kill(signal);
    });
    expect(code).toBe(130);
    expect(seconds).toBeLessThan(20);
    const done = eventsOf(stdout).at(-1)!;
    expect(done).toMatchObject({ event: 'done', stopped: 'interrupted' });
    const { raw, fit } = presetIn(file(`${signal}.json`));
    expect(raw).toEqual(parsePreset(JSON.stringify(done['preset'])).raw);
    expect(fit!.stopped).toBe('interrupted');
  });

  it('twice quits at once, without a partial file', async () => {
    const { code, seconds } = await interrupted('twice.json', (kill) => {
      kill('SIGINT');
      setTimeout(() => {
        kill('SIGINT');
      }, 30);
    });
    expect(code).toBe(130);
    expect(seconds).toBeLessThan(20);
    if (existsSync(file('twice.json'))) presetIn(file('twice.json'));
    expect(readdirSync(folder).filter((name) => name.startsWith('.voxfit'))).toEqual([]);
  });

  it('keeps going when the reader of its output goes away', async () => {
    mkdirSync(file('pipe'));
    const child = startVoxfit('fit', dry, wet, '--out', file('pipe/p.json'), '--json', ...QUICK);
    child.stdout!.destroy();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(0);
    presetIn(file('pipe/p.json'));
  });
});
