/** Pieces that all pictures are drawn with: grids, curves and filled shapes. */
import type { Axis, Tick } from '#core/plot/axis.ts';
import type { Drawing } from './plot-canvas.svelte';

/** A curve's points; as many x as y. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export const LABEL_FONT = '10px system-ui, sans-serif';

/** Lines at both axes' ticks; labels of x along the bottom, of y at the left edge. */
export function drawGrid(
  { context, width, height, colours }: Drawing,
  x: { readonly axis: Axis; readonly ticks: readonly Tick[] },
  y: { readonly axis: Axis; readonly ticks: readonly Tick[] },
): void {
  context.font = LABEL_FONT;
  context.lineWidth = 1;
  context.strokeStyle = colours['plot-grid'];
  context.fillStyle = colours['text-faint'];
  context.beginPath();
  for (const { value } of x.ticks) {
    const at = Math.round(x.axis.toUnit(value) * width) + 0.5;
    context.moveTo(at, 0);
    context.lineTo(at, height);
  }
  for (const { value } of y.ticks) {
    const at = Math.round((1 - y.axis.toUnit(value)) * height) + 0.5;
    context.moveTo(0, at);
    context.lineTo(width, at);
  }
  context.stroke();
  context.textBaseline = 'alphabetic';
  for (const { value, label } of x.ticks) {
    if (label === undefined) continue;
    const at = x.axis.toUnit(value) * width;
    const textWidth = context.measureText(label).width;
    context.fillText(label, Math.min(Math.max(at - textWidth / 2, 2), width - textWidth - 2), height - 3);
  }
  context.textBaseline = 'middle';
  for (const { value, label } of y.ticks) {
    if (label === undefined) continue;
    const at = (1 - y.axis.toUnit(value)) * height;
    if (at > 6 && at < height - 16) context.fillText(label, 3, at);
  }
}

/** Further outside than anyone sees, near enough for a canvas: −∞ dB is drawn to here. */
const FAR_UNITS = 100;

/** Traces a curve; begin and stroke or fill around it. Values that are no number leave a gap. */
export function traceCurve(
  { context, width, height }: Drawing,
  { x, y }: Points,
  xAxis: Axis,
  yAxis: Axis,
): void {
  let isGap = true;
  for (let i = 0; i < x.length; i++) {
    const px = xAxis.toUnit(x[i]!) * width;
    const py = (1 - Math.min(Math.max(yAxis.toUnit(y[i]!), -FAR_UNITS), FAR_UNITS)) * height;
    if (Number.isNaN(px) || Number.isNaN(py)) isGap = true;
    else if (isGap) {
      context.moveTo(px, py);
      isGap = false;
    } else context.lineTo(px, py);
  }
}

export function strokeCurve(
  drawing: Drawing,
  points: Points,
  xAxis: Axis,
  yAxis: Axis,
  style: { readonly colour: string; readonly lineWidth?: number; readonly dash?: readonly number[] },
): void {
  const { context } = drawing;
  context.save();
  context.beginPath();
  traceCurve(drawing, points, xAxis, yAxis);
  context.strokeStyle = style.colour;
  context.lineWidth = style.lineWidth ?? 1.5;
  context.lineJoin = 'round';
  if (style.dash) context.setLineDash([...style.dash]);
  context.stroke();
  context.restore();
}

/** Fills between a curve and a level of the y axis. */
export function fillCurve(
  drawing: Drawing,
  points: Points,
  xAxis: Axis,
  yAxis: Axis,
  style: { readonly colour: string; readonly opacity: number; readonly base: number },
): void {
  const { context, width, height } = drawing;
  const { x } = points;
  if (x.length === 0) return;
  const base = (1 - yAxis.toUnit(style.base)) * height;
  context.save();
  context.beginPath();
  traceCurve(drawing, points, xAxis, yAxis);
  context.lineTo(xAxis.toUnit(x[x.length - 1]!) * width, base);
  context.lineTo(xAxis.toUnit(x[0]!) * width, base);
  context.closePath();
  context.globalAlpha = style.opacity;
  context.fillStyle = style.colour;
  context.fill();
  context.restore();
}
