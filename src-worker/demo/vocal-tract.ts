/**
 * The vocal tract as a cascade of resonances (Fant, Acoustic Theory of Speech Production, 1960; resonators as in Klatt,
 * Software for a cascade/parallel formant synthesizer, JASA 67, 1980):
 *
 *   y[n] = (1 − b − c) x[n] + b y[n−1] + c y[n−2],   b = 2 exp(−π·bandwidth/fs) cos(2π·frequency/fs),
 *                                                    c = −exp(−2π·bandwidth/fs)
 *
 * Five move with the mouth; the others stand where a uniform tube has them, up to half the sample rate, because
 * their skirts shape the spectrum below. A mouth closed in front of an open nose takes a band away.
 */
import { designBiquad, type Biquad } from '#core/signal/biquad.ts';

/** Formant centres, the lowest first, and the nose. */
export interface TractShape {
  readonly formantsHz: readonly number[];
  readonly nasality: number;
  readonly nasalZeroHz: number;
  readonly pitchHz: number;
}

const BANDWIDTHS_HZ = [100, 95, 120, 140, 170];
/** Formants of a tube of even width, where the mouth begins. */
const REST_HZ = [560, 1680, 2800, 3920, 5040];
/** Nasal sounds lose more. */
const NASAL_BANDWIDTH_FACTOR = 1.9;
const NASAL_DIP_DB = -17;
const NASAL_Q = 1.3;
/** Distance of the tube's resonances above the fifth formant. */
const UPPER_SPACING_HZ = 1120;
const UPPER_FIRST_HZ = 5450;
/** Losses of the tube grow with frequency. */
const UPPER_BANDWIDTH_PART = 0.055;
/** Singers keep the first formant above the pitch. */
const LOWEST_FORMANT_TO_PITCH = 1.12;

class Resonator {
  private b = 0;
  private c = 0;
  private bStep = 0;
  private cStep = 0;
  private last = 0;
  private beforeLast = 0;

  constructor(private readonly sampleRateHz: number) {}

  /** Moves there evenly during the next `steps` samples: sudden steps would be heard as crackle. */
  moveTo(frequencyHz: number, bandwidthHz: number, steps: number): void {
    const radius = Math.exp((-Math.PI * bandwidthHz) / this.sampleRateHz);
    const b = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / this.sampleRateHz);
    this.bStep = (b - this.b) / steps;
    this.cStep = (-radius * radius - this.c) / steps;
  }

  /** Stands there at once and stays. */
  setTo(frequencyHz: number, bandwidthHz: number): void {
    this.moveTo(frequencyHz, bandwidthHz, 1);
    this.b += this.bStep;
    this.c += this.cStep;
    this.bStep = this.cStep = 0;
  }

  next(x: number): number {
    this.b += this.bStep;
    this.c += this.cStep;
    const y = (1 - this.b - this.c) * x + this.b * this.last + this.c * this.beforeLast;
    this.beforeLast = this.last;
    this.last = y;
    return y;
  }
}

/** A second-order filter whose coefficients may change between samples (direct form I). */
export class MovingBiquad {
  private coefficients: Biquad = { b0: 1, b1: 0, b2: 0, a1: 0, a2: 0 };
  private readonly x = [0, 0];
  private readonly y = [0, 0];

  set(coefficients: Biquad): void {
    this.coefficients = coefficients;
  }

  next(x: number): number {
    const { b0, b1, b2, a1, a2 } = this.coefficients;
    const y = b0 * x + b1 * this.x[0]! + b2 * this.x[1]! - a1 * this.y[0]! - a2 * this.y[1]!;
    this.x[1] = this.x[0]!;
    this.x[0] = x;
    this.y[1] = this.y[0]!;
    this.y[0] = y;
    return y;
  }
}

export class VocalTract {
  private readonly moving: readonly Resonator[];
  private readonly upper: readonly Resonator[];
  private readonly nose = new MovingBiquad();

  constructor(private readonly sampleRateHz: number) {
    this.moving = BANDWIDTHS_HZ.map((bandwidthHz, k) => {
      const resonator = new Resonator(sampleRateHz);
      resonator.setTo(REST_HZ[k]!, bandwidthHz);
      return resonator;
    });
    const count = Math.floor((sampleRateHz / 2 - UPPER_FIRST_HZ) / UPPER_SPACING_HZ) + 1;
    this.upper = Array.from({ length: count }, (_, k) => {
      const frequencyHz = UPPER_FIRST_HZ + k * UPPER_SPACING_HZ;
      const resonator = new Resonator(sampleRateHz);
      resonator.setTo(frequencyHz, UPPER_BANDWIDTH_PART * frequencyHz);
      return resonator;
    });
  }

  /** Moves into a shape during the next `steps` samples. */
  moveTo({ formantsHz, nasality, nasalZeroHz, pitchHz }: TractShape, steps: number): void {
    const widening = 1 + (NASAL_BANDWIDTH_FACTOR - 1) * nasality;
    this.moving.forEach((resonator, k) => {
      const centre = k === 0 ? Math.max(formantsHz[0]!, LOWEST_FORMANT_TO_PITCH * pitchHz) : formantsHz[k]!;
      resonator.moveTo(centre, BANDWIDTHS_HZ[k]! * widening, steps);
    });
    const dip = { gainDb: NASAL_DIP_DB * nasality, freqHz: nasalZeroHz, q: NASAL_Q };
    this.nose.set(designBiquad('peak', dip, this.sampleRateHz));
  }

  next(x: number): number {
    // The lowest resonance is last: what its movement adds at high frequencies would otherwise be amplified by all others.
    let y = this.nose.next(x);
    for (let k = this.upper.length - 1; k >= 0; k--) y = this.upper[k]!.next(y);
    for (let k = this.moving.length - 1; k >= 0; k--) y = this.moving[k]!.next(y);
    return y;
  }
}
