/** Draws the delay's picture: its grid, and the repeats as bars over time and as places between left and right. */
import type { DelayTap } from '#core/effects/delay/response.ts';
import { beatGrid } from '../../../lib/format/note-value.ts';
import { LABEL_FONT } from '../../../lib/plot/draw.ts';
import type { Drawing } from '../../../lib/plot/plot-canvas.svelte';
import { FLOOR_DB, brightness, type TapGeometry } from './tap-geometry.ts';

const LEVEL_LINES_DB = [0, -12, -24, -36, -48];
const MINUS = '−';

/** Room for one label. */
const TIME_LABEL_PIXELS = 58;
const BEAT_LINE_PIXELS = 14;
const BEAT_LABEL_PIXELS = 30;
const TIME_STEPS_MS = [50, 100, 200, 250, 500, 1000];

/** A half pixel, so that a line of one pixel is sharp. */
const sharp = (at: number): number => Math.round(at) + 0.5;

const timeLabel = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

/** Scales, time lines (or beats, where there is a tempo) and their names. */
export function drawTapGrid(drawing: Drawing, geometry: TapGeometry, tempoBpm: number | null): void {
  const { context, width, colours } = drawing;
  const { levelsTop, levelsBottom, placesTop, placesBottom, longestSeconds, xOf, yOfLevel, yOfPan } =
    geometry;
  const end = xOf(longestSeconds);
  const pixelsPerSecond = (end - xOf(0)) / longestSeconds;
  const line = (x0: number, y0: number, x1: number, y1: number): void => {
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  };
  const upright = (x: number): void => {
    line(sharp(x), levelsTop, sharp(x), levelsBottom);
    line(sharp(x), placesTop, sharp(x), placesBottom);
  };
  context.font = LABEL_FONT;
  context.lineWidth = 1;
  context.fillStyle = colours['text-faint'];
  context.strokeStyle = colours['plot-grid'];
  context.textBaseline = 'middle';

  context.textAlign = 'left';
  for (const levelDb of LEVEL_LINES_DB) {
    const y = yOfLevel(levelDb);
    line(xOf(0) - 10, sharp(y), end, sharp(y));
    context.fillText(levelDb === 0 ? '0 dB' : `${MINUS}${-levelDb}`, 5, y);
  }
  for (const [pan, name] of [
    [-100, 'L'],
    [0, 'C'],
    [100, 'R'],
  ] as const) {
    const y = yOfPan(pan);
    line(xOf(0) - 10, sharp(y), end, sharp(y));
    context.fillText(name, 5, y);
  }

  const stepMs =
    TIME_STEPS_MS.find((ms) => (ms / 1000) * pixelsPerSecond >= TIME_LABEL_PIXELS) ?? TIME_STEPS_MS.at(-1)!;
  context.textAlign = 'center';
  for (let ms = 0; ms <= 1000 * longestSeconds; ms += stepMs) {
    const x = xOf(ms / 1000);
    if (tempoBpm === null) upright(x);
    const text = timeLabel(ms);
    const half = context.measureText(text).width / 2;
    context.fillText(ms === 0 ? '0' : text, Math.min(x, width - half - 3), (levelsBottom + placesTop) / 2);
  }
  if (tempoBpm === null) return;
  const beats = beatGrid(tempoBpm, longestSeconds, BEAT_LINE_PIXELS / pixelsPerSecond);
  const labelsApart = Math.max(1, Math.ceil((BEAT_LABEL_PIXELS * tempoBpm) / 60 / pixelsPerSecond));
  for (const { seconds, beat } of beats) {
    const isBeat = beat % 1 === 0;
    context.strokeStyle = colours[isBeat ? 'line-strong' : 'plot-grid'];
    upright(xOf(seconds));
    if (isBeat && beat % labelsApart === 0)
      context.fillText(`${beat}/4`, Math.min(xOf(seconds), width - 10), levelsTop / 2);
  }
}

/** A set of repeats and where the odd and the even ones are, −100 (left) .. 100 (right). */
export interface Repeats {
  readonly taps: readonly DelayTap[];
  readonly timeSeconds: number;
  readonly oddPan: number;
  readonly evenPan: number;
}

const BAR_SHARE = 0.14;
const [LEAST_BAR, MOST_BAR] = [3, 9];
/** Between a tap's two bars. */
const GAP = 1;
const LEAST_OPACITY = 0.3;
const BYPASSED_OPACITY = 0.35;

const panOf = ({ number }: DelayTap, { oddPan, evenPan }: Repeats): number =>
  number % 2 === 1 ? oddPan : evenPan;

function barWidth({ timeSeconds }: Repeats, { xOf }: TapGeometry): number {
  const apart = xOf(timeSeconds) - xOf(0);
  return Math.round(Math.min(Math.max(BAR_SHARE * apart, LEAST_BAR), MOST_BAR));
}

/** Those that lie in the picture. */
const shownTaps = ({ taps }: Repeats, { longestSeconds }: TapGeometry): readonly DelayTap[] =>
  taps.filter(({ timeSeconds }) => timeSeconds <= longestSeconds + 1e-9);

/** What is heard: bars that are the darker the more low-passes they went through, and the path from place to place. */
export function drawRepeats(
  drawing: Drawing,
  geometry: TapGeometry,
  repeats: Repeats,
  isBypassed: boolean,
): void {
  const { context, colours } = drawing;
  const { levelsBottom, xOf, yOfLevel, yOfPan } = geometry;
  const bar = barWidth(repeats, geometry);
  const taps = shownTaps(repeats, geometry);
  const strength = isBypassed ? BYPASSED_OPACITY : 1;
  const shade = (tap: DelayTap): number =>
    strength * (LEAST_OPACITY + (1 - LEAST_OPACITY) * brightness(tap.cutoffHz));

  // The direct sound, to compare with.
  context.globalAlpha = 1;
  context.fillStyle = colours.dry;
  context.fillRect(Math.round(xOf(0)) - MOST_BAR / 2, yOfLevel(0), MOST_BAR, levelsBottom - yOfLevel(0));

  context.strokeStyle = colours['text-faint'];
  context.lineWidth = 1;
  context.globalAlpha = strength;
  context.beginPath();
  taps.forEach((tap, i) => {
    const [x, y] = [xOf(tap.timeSeconds), yOfPan(panOf(tap, repeats))];
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.stroke();

  for (const tap of taps) {
    const x = Math.round(xOf(tap.timeSeconds));
    context.globalAlpha = shade(tap);
    for (const [colour, left, levelDb] of [
      ['plot-left', x - GAP - bar, tap.leftDb],
      ['plot-right', x + GAP, tap.rightDb],
    ] as const) {
      context.fillStyle = colours[colour];
      const top = yOfLevel(levelDb);
      context.fillRect(left, top, bar, levelsBottom - top);
    }
    const loudestDb = Math.max(tap.leftDb, tap.rightDb);
    context.fillStyle = colours['plot-curve'];
    context.beginPath();
    context.arc(x, yOfPan(panOf(tap, repeats)), 2 + 3 * (1 - loudestDb / FLOOR_DB), 0, 2 * Math.PI);
    context.fill();
  }
}

/** The setting as it is, where the amounts let another one be heard. */
export function drawGhost(drawing: Drawing, geometry: TapGeometry, repeats: Repeats, heard: Repeats): void {
  const { context, colours } = drawing;
  const { levelsBottom, xOf, yOfLevel, yOfPan } = geometry;
  const bar = barWidth(repeats, geometry);
  const isElsewhere =
    repeats.timeSeconds !== heard.timeSeconds ||
    repeats.oddPan !== heard.oddPan ||
    repeats.evenPan !== heard.evenPan;
  context.strokeStyle = colours['text-quiet'];
  context.lineWidth = 1;
  context.setLineDash([3, 2]);
  for (const tap of shownTaps(repeats, geometry)) {
    const x = Math.round(xOf(tap.timeSeconds));
    for (const [left, levelDb] of [
      [x - GAP - bar, tap.leftDb],
      [x + GAP, tap.rightDb],
    ] as const) {
      const top = yOfLevel(levelDb);
      if (top < levelsBottom) context.strokeRect(left + 0.5, sharp(top), bar - 1, levelsBottom - sharp(top));
    }
    if (!isElsewhere) continue;
    context.beginPath();
    context.arc(x, yOfPan(panOf(tap, repeats)), 4.5, 0, 2 * Math.PI);
    context.stroke();
  }
}
