import { describe, expect, test } from 'vitest';
import { UserError } from '#core/errors.ts';
import type { Audio } from '#core/signal/audio.ts';
import { requireLength, requireSound } from './checks.ts';

const audio = (...channels: readonly (readonly number[])[]): Audio => ({
  sampleRateHz: 10,
  channels: channels.map((samples) => Float32Array.from(samples)),
});

describe('requireSound', () => {
  test('refuses a peak below −90 dBFS', () => {
    expect(() => requireSound(audio([0, 0], [0, 3.1e-5]), 'a.wav')).toThrow(
      new UserError(
        'bad-input',
        '“a.wav” is silent (its peak is below -90 dBFS); give a file with sound in it.',
      ),
    );
  });

  test('one loud enough sample in one channel is enough, of either sign', () => {
    expect(() => requireSound(audio([0, 0], [0, 3.2e-5]), 'a.wav')).not.toThrow();
    expect(() => requireSound(audio([0, -3.2e-5]), 'a.wav')).not.toThrow();
  });
});

describe('requireLength', () => {
  test('refuses less than the minimum, and never rounds up to it in what it says', () => {
    const short = { sampleRateHz: 48000, channels: [new Float32Array(47999)] };
    expect(() => requireLength(short, 'a.wav', 1)).toThrow('“a.wav” lasts 0.999 s; at least 1 s are needed.');
    expect(() => requireLength(audio([]), 'a.wav', 1)).toThrow(UserError);
  });

  test('takes exactly the minimum', () => {
    expect(() => requireLength(audio(new Array<number>(10).fill(0)), 'a.wav', 1)).not.toThrow();
  });
});
