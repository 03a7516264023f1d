/** A kind of curve of the mean setting, and of the settings to both sides of it along a component. */
import {
  evenTicks,
  FREQUENCY_AXIS,
  FREQUENCY_TICKS,
  linearAxis,
  roundUp,
  type Axis,
  type Tick,
} from '#core/plot/axis.ts';
import {
  CURVE_FREQUENCIES_HZ,
  CURVE_LEVELS_DB,
  type ComponentCurve,
  type CurveKind,
} from '#core/prior/curves.ts';
import { drawGrid, strokeCurve } from '../../../lib/plot/draw.ts';
import type { Drawing } from '../../../lib/plot/plot-canvas.svelte';

export const CURVE_NAMES: Readonly<Record<CurveKind, string>> = {
  eq: 'EQ',
  reverbEq: 'EQ of the reverb',
  decay: 'Decay time of the reverb (T60)',
  compression: 'Compressor and expander',
};

interface Scale {
  readonly axis: Axis;
  readonly ticks: readonly Tick[];
}

const signed = (value: number, unit: string): string => `${value < 0 ? '−' : ''}${Math.abs(value)} ${unit}`;

const FREQUENCIES: Scale = { axis: FREQUENCY_AXIS, ticks: FREQUENCY_TICKS };
const GAIN_AXIS = linearAxis(-18, 18);
const GAINS: Scale = { axis: GAIN_AXIS, ticks: evenTicks(GAIN_AXIS, 6, (db) => signed(db, 'dB')) };
const IN_AXIS = linearAxis(-80, 0);
const OUT_AXIS = linearAxis(-80, 10);

function scalesOf(kind: CurveKind, curves: readonly ComponentCurve[]): { x: Scale; y: Scale } {
  switch (kind) {
    case 'eq':
    case 'reverbEq':
      return { x: FREQUENCIES, y: GAINS };
    case 'decay': {
      const longest = roundUp(Math.max(0.5, ...curves.flatMap(({ curves: of }) => Array.from(of.decay))));
      const axis = linearAxis(0, longest);
      const seconds = (value: number): string => `${Number(value.toFixed(2))} s`;
      return { x: FREQUENCIES, y: { axis, ticks: evenTicks(axis, longest / 4, seconds) } };
    }
    case 'compression':
      return {
        x: { axis: IN_AXIS, ticks: evenTicks(IN_AXIS, 20, (db) => signed(db, 'dB')) },
        y: { axis: OUT_AXIS, ticks: evenTicks(OUT_AXIS, 20, (db) => signed(db, 'dB')) },
      };
    default:
      throw new RangeError(`No curve is called “${String(kind satisfies never)}”.`);
  }
}

export function drawCurves(kind: CurveKind, curves: readonly ComponentCurve[]): (drawing: Drawing) => void {
  const { x, y } = scalesOf(kind, curves);
  const xs = kind === 'compression' ? CURVE_LEVELS_DB : CURVE_FREQUENCIES_HZ;
  return (drawing) => {
    const { colours } = drawing;
    drawGrid(drawing, x, y);
    for (const { deviations, curves: of } of curves)
      strokeCurve(drawing, { x: xs, y: of[kind] }, x.axis, y.axis, {
        colour: colours[deviations === 0 ? 'plot-curve' : deviations > 0 ? 'plot-left' : 'plot-right'],
        lineWidth: deviations === 0 ? 1.25 : 1.75,
        dash: deviations < 0 ? [5, 3] : [],
      });
  };
}
