/**
 * The demo's singing voice: glottal pulses and breath through a vocal tract, with the noises of the consonants, as a
 * microphone close to the mouth would take it. Everything random comes from the seed.
 */
import { resample } from '#audio/resample.ts';
import { Random } from '#core/optimise/random.ts';
import type { Audio } from '#core/signal/audio.ts';
import { designBiquad, type BiquadKind } from '#core/signal/biquad.ts';
import { dbToGain } from '#core/units.ts';
import { glottalPulse } from './glottis.ts';
import { perform, type Performance } from './performance.ts';
import { DEMO_SECONDS } from './score.ts';
import { valueAt } from './tracks.ts';
import { MovingBiquad, VocalTract, type TractShape } from './vocal-tract.ts';

export const DEMO_RATE_HZ = 48_000;
const PEAK_DB = -4;

/** Pulses are made at this multiple of the rate and brought down, because they have corners. */
const OVERSAMPLING = 4;
/** Rd of the softest and of the loudest voice. */
const SOFT_RD = 1.7;
const LOUD_RD = 0.6;
/** Standard deviations of period and strength from one pulse to the next. */
const JITTER = 0.003;
const SHIMMER = 0.02;
/** The tract gets a new shape to move to after this many samples. */
const SHAPE_SAMPLES = 24;
/** Part of the breath that passes the glottis when it is nearly closed. */
const CLOSED_BREATH = 0.35;
const BREATH_LOW_PASS_HZ = 6500;
/** A condenser microphone's lift. */
const PRESENCE = { gainDb: 7, freqHz: 5000, q: 0.6 };
/** Noise of the room and the microphone's amplifier. */
const ROOM_NOISE_DB = -70;

/** The source at OVERSAMPLING times the rate, and how far each sample at the rate is in its period, 0..1. */
function glottalSource(
  { pitchHz, effort, voice }: Performance,
  random: Random,
): { source: Float32Array; phases: Float64Array } {
  const rate = OVERSAMPLING * DEMO_RATE_HZ;
  const source = new Float32Array(Math.round(DEMO_SECONDS * rate));
  const phases = new Float64Array(Math.round(DEMO_SECONDS * DEMO_RATE_HZ));
  let start = 0;
  while (start < DEMO_SECONDS) {
    const period = (1 + JITTER * random.signed() * Math.sqrt(3)) / valueAt(pitchHz, start);
    const strength = 1 + SHIMMER * random.signed() * Math.sqrt(3);
    const pulse = glottalPulse(SOFT_RD + (LOUD_RD - SOFT_RD) * valueAt(effort, start));
    const last = Math.min(source.length, Math.ceil((start + period) * rate));
    for (let i = Math.ceil(start * rate); i < last; i++) {
      const seconds = i / rate;
      const phase = (seconds - start) / period;
      source[i] = strength * valueAt(voice, seconds) * pulse(phase);
      if (i % OVERSAMPLING === 0) phases[i / OVERSAMPLING] = phase;
    }
    start += period;
  }
  return { source, phases };
}

function filter(kind: BiquadKind, freqHz: number, q: number): MovingBiquad {
  const biquad = new MovingBiquad();
  biquad.set(designBiquad(kind, { gainDb: 0, freqHz, q }, DEMO_RATE_HZ));
  return biquad;
}

/** Noise of one place in the mouth: what lies between a high- and a low-pass. */
function noiseSource(highPassHz: number, highPassQ: number, lowPassHz: number, random: Random): () => number {
  const [high, low] = [filter('highPass', highPassHz, highPassQ), filter('lowPass', lowPassHz, 0.8)];
  return () => low.next(high.next(random.signed()));
}

function shapeAt({ formants, nasality, nasalZeroHz, pitchHz }: Performance, seconds: number): TractShape {
  return {
    formantsHz: formants.map((track) => valueAt(track, seconds)),
    nasality: valueAt(nasality, seconds),
    nasalZeroHz: valueAt(nasalZeroHz, seconds),
    pitchHz: valueAt(pitchHz, seconds),
  };
}

/** Scaled to the peak. */
function atPeak(samples: Float32Array, peakDb: number): Float32Array {
  const peak = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  return samples.map((sample) => (sample * dbToGain(peakDb)) / peak);
}

/** {@link DEMO_SECONDS} of singing, mono at 48 kHz, peak at −4 dBFS. */
export async function singDemo(seed = 1): Promise<Audio> {
  const random = new Random(seed);
  const performance = perform(random);
  const { source, phases } = glottalSource(performance, random);
  const atRate = await resample(
    { sampleRateHz: OVERSAMPLING * DEMO_RATE_HZ, channels: [source] },
    DEMO_RATE_HZ,
  );
  const glottal = atRate.channels[0]!;

  const tract = new VocalTract(DEMO_RATE_HZ);
  const glottalNoise = noiseSource(300, 0.7, BREATH_LOW_PASS_HZ, random);
  const places = {
    hiss: noiseSource(6300, 2.2, 10_500, random),
    burst: noiseSource(2600, 1.2, 8000, random),
    buzz: noiseSource(1500, 0.7, 7500, random),
  };
  const rumble = filter('highPass', 60, 0.707);
  const presence = new MovingBiquad();
  presence.set(designBiquad('highShelf', PRESENCE, DEMO_RATE_HZ));
  const voice = new Float32Array(phases.length);
  for (let n = 0; n < voice.length; n++) {
    const seconds = n / DEMO_RATE_HZ;
    if (n % SHAPE_SAMPLES === 0) tract.moveTo(shapeAt(performance, seconds), SHAPE_SAMPLES);
    const opening = CLOSED_BREATH + (1 - CLOSED_BREATH) * Math.sin(Math.PI * phases[n]!) ** 2;
    const breath = valueAt(performance.breath, seconds) * opening * glottalNoise();
    let sample = tract.next(glottal[n]! + breath);
    for (const kind of ['hiss', 'burst', 'buzz'] as const)
      sample += valueAt(performance.frication[kind], seconds) * places[kind]();
    voice[n] = presence.next(rumble.next(sample));
  }
  const peaked = atPeak(voice, PEAK_DB);
  const channel = peaked.map((sample) => sample + dbToGain(ROOM_NOISE_DB) * random.signed());
  return { sampleRateHz: DEMO_RATE_HZ, channels: [channel] };
}
