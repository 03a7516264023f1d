import { afterEach, expect, it, vi } from 'vitest';
import { measureGpus } from './devices.ts';

const never = (): Promise<never> => new Promise(() => undefined);

/** In the place of a card: those of tests answer. */
function card(description: string, requestDevice: () => Promise<GPUDevice> = never): GPUAdapter {
  const info = { vendor: '', architecture: '', device: '', description, isFallbackAdapter: false };
  return {
    info,
    limits: { maxBufferSize: 2 ** 28 },
    features: new Set(),
    requestDevice,
  } as unknown as GPUAdapter;
}

const cards = (requestAdapter: GPU['requestAdapter']): GPU => ({ requestAdapter }) as GPU;

afterEach(() => {
  vi.useRealTimers();
});

it('gives up a GPU that never answers, in one sentence', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const seen: string[] = [];
  const measuring = measureGpus(
    cards((wish) => (wish?.forceFallbackAdapter ? never() : Promise.resolve(card('Silent card')))),
    ({ name }) => seen.push(name),
  );
  await vi.advanceTimersByTimeAsync(40_000);
  const problem = 'The GPU has not answered for 20 seconds.';
  expect(await measuring).toEqual({
    devices: [
      {
        backend: 'webgpu',
        name: 'Silent card',
        type: 'hardware',
        limits: { maxBufferSize: 2 ** 28 },
        evaluationsPerSecond: null,
        problem,
      },
    ],
    problem,
  });
  expect(seen).toEqual(['Silent card']);
});

it('gives a GPU back that answers too late', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isBack = false;
  let answer!: (device: GPUDevice) => void;
  const late = new Promise<GPUDevice>((resolve) => (answer = resolve));
  const measuring = measureGpus(
    cards((wish) => Promise.resolve(wish?.forceFallbackAdapter ? null : card('Late card', () => late))),
  );
  await vi.advanceTimersByTimeAsync(20_000);
  expect((await measuring).devices[0]!.problem).toMatch(/not answered/);
  const device = { lost: never(), addEventListener: () => undefined, destroy: () => (isBack = true) };
  answer(device as unknown as GPUDevice);
  await vi.waitFor(() => {
    expect(isBack).toBe(true);
  });
});

it('says why there is none, and which of them gives no device', async () => {
  expect(await measureGpus(cards(() => Promise.resolve(null)))).toEqual({
    devices: [],
    problem: 'No GPU that WebGPU can use was found.',
  });
  const refusing = card('Full card', () => Promise.reject(new Error('no more devices\nat once')));
  const { devices, problem } = await measureGpus(cards(() => Promise.resolve(refusing)));
  expect(problem).toBeNull();
  expect(devices).toHaveLength(1);
  expect(devices[0]!.problem).toBe('The GPU gave no device: Error: no more devices.');
});
