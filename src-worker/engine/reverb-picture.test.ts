import { beforeAll, describe, expect, test } from 'vitest';
import { parametersUnder } from '#core/chain/parameters.ts';
import { gainToDb } from '#core/units.ts';
import { madeUpRaw } from '../test-support/made-up-pair.ts';
import { loadKernelModule } from './kernel-module.ts';
import { renderRealtime } from './render.ts';
import { ReverbPainter, type ReverbPicture } from './reverb-picture.ts';

let module: WebAssembly.Module;
beforeAll(async () => {
  module = await loadKernelModule();
});

function pictureOf(
  painter: ReverbPainter,
  raw: Float64Array,
  seconds: number,
  columns: number,
): ReverbPicture {
  const drawing = painter.draw(raw, seconds, columns);
  for (;;) {
    const step = drawing.next();
    if (step.done) return step.value;
  }
}

describe('the picture of a reverb', () => {
  test.each([44_100, 48_000])(
    'is what the chain makes of an impulse with the reverb alone, at %s Hz',
    (rate) => {
      const raw = madeUpRaw();
      const [seconds, columns] = [1.5, 200];
      const painter = new ReverbPainter(module, rate);
      // Another one before leaves no trace.
      pictureOf(
        painter,
        raw.map((value, i) => value + 0.1 * Math.sin(i)),
        0.3,
        16,
      );
      const picture = pictureOf(painter, raw, seconds, columns);

      const impulse = new Float32Array(1);
      impulse[0] = 1;
      const response = renderRealtime(module, impulse, raw, {
        sampleRateHz: rate,
        // Long enough for all the energy that matters.
        tailSeconds: 8,
        stage: 'fdn',
        bypassed: ['eq', 'comp', 'delay'],
      });
      const length = seconds * rate;
      const shown = response.map((channel) => channel.subarray(0, length));
      const largest = Math.max(
        ...shown.map((channel) => channel.reduce((max, x) => Math.max(max, Math.abs(x)), 0)),
      );
      const rest = new Float64Array(response[0]!.length + 1);
      for (let n = response[0]!.length - 1; n >= 0; n--)
        rest[n] = rest[n + 1]! + response[0]![n]! ** 2 + response[1]![n]! ** 2;
      for (let column = 0; column < columns; column++) {
        const from = Math.ceil((column * length) / columns);
        const to = Math.ceil(((column + 1) * length) / columns);
        shown.forEach((channel, side) => {
          const peak = channel.subarray(from, to).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
          const levelDb = [picture.leftDb, picture.rightDb][side]![column]!;
          if (peak > 1e-6 * largest) expect(Math.abs(levelDb - gainToDb(peak / largest))).toBeLessThan(0.01);
          else expect(levelDb).toBeLessThan(-115);
        });
        // Down to where what is left beyond the picture decides.
        const decayDb = 10 * Math.log10(rest[from]! / rest[0]!);
        const limitDb = column < 0.8 * columns ? 0.1 : 1.5;
        expect(Math.abs(picture.decayDb[column]! - decayDb)).toBeLessThan(limitDb);
      }
      expect(Math.max(...picture.leftDb, ...picture.rightDb)).toBe(0);
      expect(picture.decayDb[0]).toBe(0);
    },
  );

  test('of a silent reverb is silence', () => {
    const raw = madeUpRaw();
    for (const index of parametersUnder('fdn.output')) raw[index] = 0;
    const { leftDb, rightDb, decayDb } = pictureOf(new ReverbPainter(module, 44_100), raw, 0.5, 32);
    for (const levels of [leftDb, rightDb, decayDb]) expect(levels).toEqual(new Float32Array(32).fill(-200));
  });
});
