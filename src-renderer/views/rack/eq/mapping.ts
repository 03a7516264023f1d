/**
 * Where the EQ's handles and curves lie, and what moving a handle means.
 *
 * Peaks and shelves have their handle at (frequency, gain). A pass has it at its cutoff, on its own curve: a second-order
 * pass of quality Q has the magnitude Q there, exactly so at any sample rate, so that its height is 20 log10 Q and pulling
 * it up and down sets Q.
 */
import { evenTicks, FREQUENCY_AXIS, linearAxis, type Axis, type Tick } from '#core/plot/axis.ts';
import { gainToDb, dbToGain } from '#core/units.ts';

/** What the dB axis can reach, up and down. */
export const GAIN_RANGES_DB = [6, 12, 24] as const;
export type GainRangeDb = (typeof GAIN_RANGES_DB)[number];

/** Room beyond the outermost line, so that a handle there is whole. */
const HEADROOM = 1.12;
const TICK_STEP_DB: Readonly<Record<GainRangeDb, number>> = { 6: 2, 12: 3, 24: 6 };

/** Doublings of Q by one step of the wheel, and the part of it with Shift. */
const Q_OCTAVES_PER_STEP = 1 / 8;
const FINE = 0.1;

const POINTS_PER_CURVE = 481;
/** More points on either side of a centre frequency, where a curve may turn sharply: the nearer, the closer together. */
const POINTS_BESIDE_CENTRE = 20;
const BESIDE_CENTRE_OCTAVES = 1 / 14;

/** The settings of one band; null for what it does not have. */
export interface BandValues {
  readonly gainDb: number | null;
  readonly freqHz: number;
  readonly q: number | null;
}

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function gainAxis(rangeDb: GainRangeDb): Axis {
  return linearAxis(-HEADROOM * rangeDb, HEADROOM * rangeDb);
}

/** Lines of {@link gainAxis}, with signs. */
export function gainTicks(rangeDb: GainRangeDb): readonly Tick[] {
  return evenTicks(linearAxis(-rangeDb, rangeDb), TICK_STEP_DB[rangeDb], (db) =>
    db === 0 ? '0' : `${db < 0 ? '−' : '+'}${Math.abs(db)}`,
  );
}

/** Height of a band's handle on the dB axis. */
export function handleDb({ gainDb, q }: BandValues): number {
  return gainDb ?? gainToDb(q!);
}

/** Centre of a band's handle in CSS pixels; held at least `inset` inside the picture. */
export function handlePlace(values: BandValues, gain: Axis, { width, height }: Extent, inset: number): Place {
  const within = (at: number, length: number): number =>
    Math.min(Math.max(at, inset), Math.max(inset, length - inset));
  return {
    x: within(FREQUENCY_AXIS.toUnit(values.freqHz) * width, width),
    y: within((1 - gain.toUnit(handleDb(values))) * height, height),
  };
}

/** A band whose handle was pulled right and down by so many CSS pixels. Not limited to the parameters' ranges. */
export function pulled(start: BandValues, dx: number, dy: number, gain: Axis, extent: Extent): BandValues {
  const upDb = (-dy / extent.height) * (gain.max - gain.min);
  return {
    freqHz: FREQUENCY_AXIS.toValue(FREQUENCY_AXIS.toUnit(start.freqHz) + dx / extent.width),
    gainDb: start.gainDb === null ? null : start.gainDb + upDb,
    q: start.gainDb === null && start.q !== null ? start.q * dbToGain(upDb) : start.q,
  };
}

/** Q after steps of the wheel upwards: even in log Q. */
export function wheeledQ(q: number, steps: number, isFine: boolean): number {
  return q * 2 ** (Q_OCTAVES_PER_STEP * steps * (isFine ? FINE : 1));
}

/** What of the frequency axis a parameter can reach, 0..1 each. */
export function reach({ min, max }: { readonly min: number; readonly max: number }): {
  readonly from: number;
  readonly to: number;
} {
  const unit = (hz: number): number => Math.min(1, Math.max(0, FREQUENCY_AXIS.toUnit(hz)));
  return { from: unit(min), to: unit(max) };
}

/**
 * Frequencies in Hz, ascending, at which curves are worked out: even in log from 20 Hz to 20 kHz, and closer around the
 * centres, so that the sharpest peak is drawn to its tip.
 */
export function curveFrequencies(centresHz: readonly number[]): Float64Array {
  const { min, max } = FREQUENCY_AXIS;
  const even = Array.from({ length: POINTS_PER_CURVE }, (_, i) =>
    FREQUENCY_AXIS.toValue(i / (POINTS_PER_CURVE - 1)),
  );
  const octaves = Array.from({ length: 2 * POINTS_BESIDE_CENTRE + 1 }, (_, i) => {
    const part = i / POINTS_BESIDE_CENTRE - 1;
    return BESIDE_CENTRE_OCTAVES * part * Math.abs(part);
  });
  const close = centresHz.flatMap((hz) => octaves.map((distance) => hz * 2 ** distance));
  return Float64Array.from([...even, ...close.filter((hz) => hz > min && hz < max)]).sort();
}
