/**
 * Where the handles of the transfer curve lie, and what moving them means. With threshold CT, ratio CR, expander
 * threshold ET and expander ratio ER (0..1), make-up M, levels in dB:
 *
 *   upper leg: out = CT + (in − CT) / CR + M        its handle stands at one input level and moves up and down
 *   lower leg: out = ET − (ET − in) / ER + M        its handle stands at one output level and moves left and right,
 *                                                   so that a gate's wall (ER = 0) can be reached
 */
import { compTransferDb } from '#core/effects/comp/response.ts';
import { compressorValues, type CompressorValues } from '#core/effects/comp/training.ts';
import { linearAxis, type Axis } from '#core/plot/axis.ts';
import type { Points } from '../../../lib/plot/draw.ts';

/** Of both input and output, so that the diagonal is no change; up to what an EQ may lift a voice to. */
export const LEVEL_AXIS: Axis = linearAxis(-80, 10);
const POINTS = 181;
const HIGHEST_RATIO = 20;
/** Shorter legs are taken hold of as if they were as long as this. */
const SHORTEST_LEG_DB = 8;
const LOWER_LEG_DB = 20;
/** Room that a handle needs at the lower edge. */
const EDGE_DB = 4;

export interface TransferPoint {
  readonly inputDb: number;
  readonly outputDb: number;
}

export type TransferHandle = 'threshold' | 'ratio' | 'expander_threshold' | 'expander_ratio';

const bounded = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);

/** The curve of `valuesOf(raw, 'comp')`, with a point at each knee. */
export function transferCurve(values: ArrayLike<number>): Points {
  const { thresholdDb, expanderThresholdDb } = compressorValues(values);
  const { min, max } = LEVEL_AXIS;
  const even = Array.from({ length: POINTS }, (_, i) => min + (i * (max - min)) / (POINTS - 1));
  const knees = [thresholdDb, expanderThresholdDb].filter((level) => level > min && level < max);
  const x = Float64Array.from([...even, ...knees]).sort();
  return { x, y: x.map((level) => compTransferDb(values, level)) };
}

function ratioInputDb({ thresholdDb }: CompressorValues): number {
  return Math.min(LEVEL_AXIS.max, Math.max(0, thresholdDb + SHORTEST_LEG_DB));
}

function upperLegDb(named: CompressorValues): number {
  return Math.max(SHORTEST_LEG_DB, ratioInputDb(named) - named.thresholdDb);
}

function lowerLegDb({ expanderThresholdDb, makeupDb }: CompressorValues): number {
  return bounded(expanderThresholdDb + makeupDb - LEVEL_AXIS.min - EDGE_DB, SHORTEST_LEG_DB, LOWER_LEG_DB);
}

/** Places of the handles on the curve; they may lie outside the axes. */
export function handlePoints(values: ArrayLike<number>): Readonly<Record<TransferHandle, TransferPoint>> {
  const named = compressorValues(values);
  const { thresholdDb, expanderThresholdDb, expanderRatio, makeupDb } = named;
  const onCurve = (inputDb: number): TransferPoint => ({
    inputDb,
    outputDb: compTransferDb(values, inputDb),
  });
  const drop = lowerLegDb(named);
  const lower = onCurve(expanderThresholdDb - drop * expanderRatio);
  return {
    threshold: onCurve(thresholdDb),
    ratio: onCurve(ratioInputDb(named)),
    expander_threshold: onCurve(expanderThresholdDb),
    expander_ratio: {
      inputDb: lower.inputDb,
      outputDb: Math.min(lower.outputDb, expanderThresholdDb + makeupDb - drop),
    },
  };
}

/** Compressor ratio after its handle, which lay as `values` say, was moved up by `upDb`. */
export function ratioAfter(values: ArrayLike<number>, upDb: number): number {
  const named = compressorValues(values);
  return 1 / bounded(1 / named.ratio + upDb / upperLegDb(named), 1 / HIGHEST_RATIO, 1);
}

/** Expander ratio (0..1) after its handle, which lay as `values` say, was moved right by `rightDb`. */
export function expanderRatioAfter(values: ArrayLike<number>, rightDb: number): number {
  const named = compressorValues(values);
  return bounded(named.expanderRatio - rightDb / lowerLegDb(named), 0, 1);
}
