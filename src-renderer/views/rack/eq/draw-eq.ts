/** The layers of the EQ's picture: grid, spectra, the bands' own shapes, and the curve that is heard. */
import { FREQUENCY_AXIS, FREQUENCY_TICKS, type Axis } from '#core/plot/axis.ts';
import { drawGrid, fillCurve, strokeCurve, type Points } from '../../../lib/plot/draw.ts';
import type { Drawing } from '../../../lib/plot/plot-canvas.svelte';
import type { Colour } from '../../../lib/theme/theme.svelte.ts';
import { gainAxis, gainTicks, type GainRangeDb } from './mapping.ts';
import { LEVEL_AXIS, TILT_DB, type MatchCurve } from './spectra.ts';

/** Levels of a spectrum; how it is drawn. */
export interface SpectrumLine {
  readonly levelsDb: ArrayLike<number>;
  readonly colour: Colour;
  /** Of the area below; 0: the line alone. */
  readonly fillOpacity: number;
  readonly lineOpacity: number;
  readonly lineWidth: number;
}

/** A band as it is heard: its own response at `hz`. */
export interface BandShape {
  readonly colour: Colour;
  readonly db: Float64Array;
  readonly isOff: boolean;
  readonly isActive: boolean;
}

export function drawEqGrid(drawing: Drawing, rangeDb: GainRangeDb): void {
  const { context, width, height, colours } = drawing;
  const axis = gainAxis(rangeDb);
  drawGrid(drawing, { axis: FREQUENCY_AXIS, ticks: FREQUENCY_TICKS }, { axis, ticks: gainTicks(rangeDb) });
  // Nothing added, nothing taken.
  const zero = Math.round((1 - axis.toUnit(0)) * height) + 0.5;
  context.strokeStyle = colours['line-strong'];
  context.beginPath();
  context.moveTo(0, zero);
  context.lineTo(width, zero);
  context.stroke();
}

/** Traces levels from the left edge to the right as one smooth line, tilted. */
function traceLevels({ context, width, height }: Drawing, levelsDb: ArrayLike<number>): void {
  const last = levelsDb.length - 1;
  // Far enough below the picture that no line of the curve is seen there.
  const lowest = 1.1 * height;
  const xOf = (band: number): number => (band / last) * width;
  const yOf = (band: number): number =>
    Math.min(lowest, (1 - LEVEL_AXIS.toUnit(levelsDb[band]! + TILT_DB[band]!)) * height);
  context.moveTo(0, yOf(0));
  for (let band = 1; band < last; band++) {
    const [x, y] = [xOf(band), yOf(band)];
    context.quadraticCurveTo(x, y, (x + xOf(band + 1)) / 2, (y + yOf(band + 1)) / 2);
  }
  context.lineTo(width, yOf(last));
}

export function drawSpectra(drawing: Drawing, lines: readonly SpectrumLine[]): void {
  const { context, width, height, colours } = drawing;
  context.lineJoin = 'round';
  for (const { levelsDb, colour, fillOpacity, lineOpacity, lineWidth } of lines) {
    context.beginPath();
    traceLevels(drawing, levelsDb);
    context.globalAlpha = lineOpacity;
    context.strokeStyle = colours[colour];
    context.lineWidth = lineWidth;
    context.stroke();
    if (fillOpacity === 0) continue;
    context.lineTo(width, 1.1 * height);
    context.lineTo(0, 1.1 * height);
    context.closePath();
    context.globalAlpha = fillOpacity;
    context.fillStyle = colours[colour];
    context.fill();
  }
  context.globalAlpha = 1;
}

/** The bands' own shapes over 0 dB; the one that is looked at last and strongest. */
export function drawBands(
  drawing: Drawing,
  hz: Float64Array,
  bands: readonly BandShape[],
  rangeDb: GainRangeDb,
): void {
  const { colours } = drawing;
  const axis = gainAxis(rangeDb);
  const ordered = [...bands.filter(({ isActive }) => !isActive), ...bands.filter(({ isActive }) => isActive)];
  for (const { colour, db, isOff, isActive } of ordered) {
    const points: Points = { x: hz, y: db };
    const ink = colours[colour];
    if (!isOff)
      fillCurve(drawing, points, FREQUENCY_AXIS, axis, {
        colour: ink,
        opacity: isActive ? 0.3 : 0.13,
        base: 0,
      });
    const { context } = drawing;
    context.globalAlpha = isActive ? 0.9 : 0.35;
    if (!isOff || isActive)
      strokeCurve(drawing, points, FREQUENCY_AXIS, axis, {
        colour: ink,
        lineWidth: 1,
        ...(isOff ? { dash: [3, 4] } : {}),
      });
    context.globalAlpha = 1;
  }
}

/** The sum that is heard. */
export function drawHeard(drawing: Drawing, points: Points, rangeDb: GainRangeDb, isOff: boolean): void {
  const { context, colours } = drawing;
  const axis = gainAxis(rangeDb);
  if (isOff) {
    strokeCurve(drawing, points, FREQUENCY_AXIS, axis, {
      colour: colours['text-faint'],
      lineWidth: 1.5,
      dash: [6, 4],
    });
    return;
  }
  context.globalAlpha = 0.16;
  strokeCurve(drawing, points, FREQUENCY_AXIS, axis, { colour: colours['plot-curve'], lineWidth: 7 });
  context.globalAlpha = 1;
  strokeCurve(drawing, points, FREQUENCY_AXIS, axis, { colour: colours['plot-curve'], lineWidth: 2 });
}

/** The setting as it is, where only a part of it is heard. */
export function drawPlain(drawing: Drawing, points: Points, rangeDb: GainRangeDb): void {
  strokeCurve(drawing, points, FREQUENCY_AXIS, gainAxis(rangeDb), {
    colour: drawing.colours['text-faint'],
    lineWidth: 1.5,
    dash: [2, 4],
  });
}

export function drawMatch(drawing: Drawing, { hz, db }: MatchCurve, rangeDb: GainRangeDb): void {
  const axis: Axis = gainAxis(rangeDb);
  const points: Points = { x: hz, y: db };
  const ink = drawing.colours['plot-ghost'];
  fillCurve(drawing, points, FREQUENCY_AXIS, axis, { colour: ink, opacity: 0.07, base: 0 });
  strokeCurve(drawing, points, FREQUENCY_AXIS, axis, { colour: ink, lineWidth: 2, dash: [7, 4] });
}
