import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Client } from '#core/protocol/contract.ts';
import { audioContract } from '#core/protocol/audio.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import type { Bypassable } from '#core/protocol/schemas.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { renderRealtime } from '#engine/render.ts';
import { CLICK_WINDOW_SAMPLES, clickLevelDb } from '../../test-support/click-measure.ts';
import { signalToErrorDb } from '../../test-support/effect-contract.ts';
import { madeUpRaw } from '../../test-support/made-up-pair.ts';
import type { Pull, Sink } from '../sinks/sink.ts';
import { AudioService } from './audio-service.ts';

const FS = 44_100;
const BLOCK = 240;
const TONE_HZ = 3001;
const folder = mkdtempSync(join(tmpdir(), 'voxfit-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A card that plays only when the test lets it. */
class StillCard implements Sink {
  private pull: Pull | undefined;
  private readonly device = { id: 'card', name: 'Card', isDefault: true };

  devices() {
    return [this.device];
  }

  open(_device: string | null, sampleRateHz: number, pull: Pull) {
    this.pull = pull;
    return { device: this.device, sampleRateHz, latencySeconds: 0, close: () => Promise.resolve() };
  }

  /** The next `length` samples, left and right. */
  play(length: number): Float32Array[] {
    const heard = [new Float32Array(length), new Float32Array(length)];
    for (let done = 0; done < length; done += BLOCK) {
      const size = Math.min(BLOCK, length - done);
      this.pull!(heard[0]!.subarray(done, done + size), heard[1]!.subarray(done, done + size), size);
    }
    return heard;
  }
}

const tone = Float32Array.from(
  { length: 4 * FS },
  (_, n) => 0.2 * Math.sin((2 * Math.PI * TONE_HZ * n) / FS) + 0.02 * Math.sin(n * n),
);
const pureTone = Float32Array.from(
  { length: 4 * FS },
  (_, n) => 0.2 * Math.sin((2 * Math.PI * TONE_HZ * n) / FS),
);
const raw = madeUpRaw();
const module = await loadKernelModule();

async function playing(dry: Float32Array, cache: string) {
  const card = new StillCard();
  const defects: unknown[] = [];
  writeFileSync(join(folder, `${cache}.f32`), dry);
  const service = new AudioService({
    sink: card,
    kernels: module,
    cacheFolder: folder,
    onLost: () => undefined,
    onDefect: (error) => defects.push(error),
  });
  const [ours, theirs] = joinedPorts();
  service.connect(theirs);
  const client = new Client(audioContract, ours);
  await client.call('open', { device: null, sampleRateHz: FS });
  await client.call('load', { dry: { cache, lengthSamples: dry.length }, target: null });
  await client.call('settings', { raw, isImmediate: true });
  await client.call('play', {});
  const bypass = (bypassed: readonly Bypassable[]) =>
    client.call('effects', { bypassed: [...bypassed], solo: null });
  return { card, bypass, client, defects };
}

describe('a bypassed band of the EQ', () => {
  it.each(['eq.pk1', 'eq.hp'] as const)('%s is heard as a flat one, and comes back', async (band) => {
    const { card, bypass, client, defects } = await playing(tone, 'aaaaaaaa01');
    const latency = 661;
    // Repeats and reverb would remember the band for seconds.
    const echoes = ['delay', 'fdn'] as const;
    await bypass(echoes);
    card.play(FS);
    for (const [turn, [bypassed, others]] of [
      [[band], []],
      [[], [band]],
    ].entries()) {
      await bypass([...bypassed!, ...echoes]);
      const start = (1 + turn) * FS;
      const found = card.play(FS).map((channel) => channel.subarray(FS / 2));
      const rendered = (bands: readonly Bypassable[]) =>
        renderRealtime(module, tone, raw, { sampleRateHz: FS, bypassed: [...bands, ...echoes] }).map(
          (channel) => channel.subarray(start + FS / 2 - latency, start + FS - latency),
        );
      expect(signalToErrorDb(found, rendered(bypassed!))).toBeGreaterThan(60);
      expect(signalToErrorDb(found, rendered(others!))).toBeLessThan(30);
    }
    client.close();
    expect(defects).toEqual([]);
  });

  it('of many in one call, and with effects, comes without a click', async () => {
    const { card, bypass, client } = await playing(pureTone, 'aaaaaaaa02');
    card.play(2 * FS);
    for (const bypassed of [['eq.pk1', 'eq.lp', 'eq.hp'], ['eq.hs', 'delay'], []] as const) {
      const before = card.play(CLICK_WINDOW_SAMPLES / 2);
      await bypass(bypassed);
      const after = card.play(CLICK_WINDOW_SAMPLES / 2);
      const whole = before.map((channel, c) => Float32Array.of(...channel, ...after[c]!));
      expect(clickLevelDb(whole, TONE_HZ, 900, FS)).toBeLessThan(-55);
    }
    client.close();
  });
});
