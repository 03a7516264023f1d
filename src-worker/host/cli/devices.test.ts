import { afterEach, describe, expect, it } from 'vitest';
import { describeWithGpu } from '../../test-support/gpu.ts';
import { voxfit, type Outcome } from './test-program.ts';

interface Adapter {
  readonly name: string;
  readonly type: string;
  readonly backend: string;
  readonly limits?: Readonly<Record<string, number>>;
  readonly threads?: number;
  readonly evaluations_per_second: number | null;
  readonly problem: string | null;
}

/** Runs the command where Vulkan has this driver only. */
function withDriver(path: string, ...args: readonly string[]): Outcome {
  process.env['VK_ICD_FILENAMES'] = path;
  return voxfit('devices', ...args);
}

// That of tests, if there is one.
const before = process.env['VK_ICD_FILENAMES'];
afterEach(() => {
  if (before === undefined) delete process.env['VK_ICD_FILENAMES'];
  else process.env['VK_ICD_FILENAMES'] = before;
});

const parsed = ({ stdout, code }: Outcome): { adapters: Adapter[]; problem: string | null } => {
  expect(code).toBe(0);
  return JSON.parse(stdout) as { adapters: Adapter[]; problem: string | null };
};

const oneSentence = /^[A-Z“][^\n]*\.$/;

// Other systems have their graphics built in.
describe.runIf(process.platform === 'linux')('voxfit devices without a GPU', () => {
  const missing = '/nowhere/driver.json';

  it('measures the processor, and says in one sentence why there is nothing else', () => {
    const { adapters, problem } = parsed(withDriver(missing, '--json'));
    expect(adapters).toEqual([
      {
        name: expect.any(String) as string,
        type: 'cpu',
        backend: 'cpu',
        threads: expect.any(Number) as number,
        evaluations_per_second: expect.any(Number) as number,
        problem: null,
      },
    ]);
    expect(adapters[0]!.threads).toBeGreaterThan(0);
    expect(adapters[0]!.evaluations_per_second).toBeGreaterThan(0);
    expect(problem).toMatch(oneSentence);
  });

  it('says the same to people', () => {
    const { stdout, stderr, code } = withDriver(missing);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cpu +\d+ threads +[\d.]+ {2}\S/m);
    expect(stderr).toMatch(/^voxfit: warning: \S.*GPU.*\.$/m);
  });
});

describeWithGpu('voxfit devices with a GPU in software', () => {
  it('lists it with its limits and its speed, and prints nothing else on stdout', () => {
    const { adapters, problem } = parsed(voxfit('devices', '--json'));
    expect(problem).toBeNull();
    const gpu = adapters.find(({ backend }) => backend === 'webgpu')!;
    expect(gpu).toMatchObject({ type: 'software', problem: null });
    expect(gpu.name).not.toBe('');
    expect(gpu.limits).toMatchObject({
      maxBufferSize: expect.any(Number) as number,
      maxComputeInvocationsPerWorkgroup: expect.any(Number) as number,
      maxComputeWorkgroupsPerDimension: expect.any(Number) as number,
    });
    expect(gpu.limits!['maxBufferSize']).toBeGreaterThanOrEqual(2 ** 28);
    expect(gpu.evaluations_per_second).toBeGreaterThan(0);
  }, 120_000);
});
