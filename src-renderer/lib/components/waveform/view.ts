/** The stretch of time that a waveform shows, and how zooming and scrolling change it. */
import { roundUp } from '#core/plot/axis.ts';
import { timeText } from '../../format/time-text.ts';

/** Seconds at the left and right edge. */
export interface View {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What a view can show: all of `durationSeconds`, down to `shortestSeconds`. */
export interface Extent {
  readonly durationSeconds: number;
  readonly shortestSeconds: number;
}

export const spanOf = ({ startSeconds, endSeconds }: View): number => endSeconds - startSeconds;

/** The view of that length and start that lies within the extent. */
function viewOf(startSeconds: number, span: number, { durationSeconds, shortestSeconds }: Extent): View {
  const length = Math.min(durationSeconds, Math.max(Math.min(shortestSeconds, durationSeconds), span));
  const start = Math.min(durationSeconds - length, Math.max(0, startSeconds));
  return { startSeconds: start, endSeconds: start + length };
}

export function wholeView(extent: Extent): View {
  return viewOf(0, extent.durationSeconds, extent);
}

/** Shows `factor` times as much; what is at `fraction` (0..1) of the width stays there. */
export function zoomed(view: View, factor: number, fraction: number, extent: Extent): View {
  const span = spanOf(viewOf(0, spanOf(view) * factor, extent));
  return viewOf(view.startSeconds + fraction * (spanOf(view) - span), span, extent);
}

export function scrolled(view: View, seconds: number, extent: Extent): View {
  return viewOf(view.startSeconds + seconds, spanOf(view), extent);
}

/** A stretch with a twentieth of it free on either side. */
export function viewAround(startSeconds: number, endSeconds: number, extent: Extent): View {
  const margin = (endSeconds - startSeconds) / 20;
  return viewOf(startSeconds - margin, endSeconds - startSeconds + 2 * margin, extent);
}

/** The same length, from a place that has come into sight at an edge: playback reads on from there. */
export function pageTo(view: View, seconds: number, extent: Extent): View {
  return viewOf(seconds, spanOf(view), extent);
}

export function isWithin({ startSeconds, endSeconds }: View, seconds: number): boolean {
  return seconds >= startSeconds && seconds <= endSeconds;
}

/** 0 at the left edge, 1 at the right one. */
export function fractionAt(view: View, seconds: number): number {
  return (seconds - view.startSeconds) / spanOf(view);
}

export function secondsAt(view: View, fraction: number): number {
  return view.startSeconds + fraction * spanOf(view);
}

/** How many times as much a turn of the wheel shows; a pinch on a trackpad comes in small steps. */
export function wheelZoom({ deltaY, deltaMode }: Pick<WheelEvent, 'deltaY' | 'deltaMode'>): number {
  const pixels = deltaMode === 0 ? deltaY : deltaY * 33;
  return Math.exp(pixels * (Math.abs(pixels) < 50 ? 0.01 : 0.003));
}

export interface Tick {
  readonly seconds: number;
  /** On the labelled ones. */
  readonly text: string | null;
}

const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];
/** Parts between two labels. */
const MINOR_TICKS = 5;

/** A step that is round on a clock, at least `seconds`. */
function roundStep(seconds: number): number {
  if (seconds <= 1) return roundUp(seconds);
  return CLOCK_STEPS.find((step) => step >= seconds) ?? CLOCK_STEPS.at(-1)!;
}

/** Ticks of a ruler of that width whose labels stand at least `labelPixels` apart. */
export function rulerTicks(view: View, widthPixels: number, labelPixels = 76): Tick[] {
  if (!(spanOf(view) > 0) || !(widthPixels > 0)) return [];
  const major = roundStep((spanOf(view) * labelPixels) / widthPixels);
  const decimals = Math.max(0, Math.ceil(-Math.log10(major) - 1e-9));
  const minor = major / MINOR_TICKS;
  const first = Math.ceil(view.startSeconds / minor - 1e-6);
  const last = Math.floor(view.endSeconds / minor + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const seconds = (first + i) * minor;
    return { seconds, text: (first + i) % MINOR_TICKS === 0 ? timeText(seconds, decimals) : null };
  });
}
