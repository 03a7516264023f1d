/** Draws one lane on its canvas: peaks from afar, the line of the samples from near, its dots from very near. */
import type { Drawing } from '../../plot/plot-canvas.svelte';
import type { Colour } from '../../theme/theme.svelte.ts';
import { columnsFromPeaks, columnsFromSamples, finestLevel, levelFor, type NearSamples } from './columns.ts';
import type { WaveformLane } from './lane.ts';

export interface LaneDrawing {
  readonly lane: WaveformLane;
  /** First sample at the left edge; may lie between two. */
  readonly fromSample: number;
  /** Per pixel of the screen. */
  readonly samplesPerPixel: number;
  readonly near: NearSamples | null;
  readonly colour: Colour;
}

/** Below this many samples per pixel the line is drawn from sample to sample. */
const LINE_SAMPLES_PER_PIXEL = 2;
/** CSS pixels between samples from which each has a dot. */
const DOT_SPACING = 7;
const DOT_RADIUS = 2;

export function drawLane({ context, width: cssWidth, colours }: Drawing, drawing: LaneDrawing): void {
  const { lane, near, samplesPerPixel } = drawing;
  // Columns of the screen's own pixels stay sharp.
  context.resetTransform();
  const { width, height } = context.canvas;
  const pixelRatio = width / cssWidth;
  const channels = lane.peaks.channels;
  const channelHeight = height / channels;
  for (let channel = 0; channel < channels; channel++) {
    const middle = (channel + 0.5) * channelHeight;
    const half = channelHeight / 2 - pixelRatio;
    context.fillStyle = colours.line;
    context.fillRect(0, Math.round(middle - pixelRatio / 2), width, Math.max(1, Math.round(pixelRatio)));
    context.fillStyle = context.strokeStyle = colours[drawing.colour];
    const samples = near?.channels[channel];
    if (samples && near && samplesPerPixel < LINE_SAMPLES_PER_PIXEL)
      drawLine(context, drawing, samples, near.from, middle, half, pixelRatio);
    else drawColumns(context, drawing, channel, middle, half, pixelRatio);
  }
}

function drawColumns(
  context: CanvasRenderingContext2D,
  { lane, fromSample, samplesPerPixel, near }: LaneDrawing,
  channel: number,
  middle: number,
  half: number,
  pixelRatio: number,
): void {
  const columns = new Float32Array(2 * context.canvas.width);
  const samples = near?.channels[channel];
  const level = levelFor(lane.peaks, samplesPerPixel) ?? (samples ? null : finestLevel(lane.peaks));
  const data = level?.data[channel];
  if (level && data) columnsFromPeaks(data, level.samplesPerPeak, fromSample, samplesPerPixel, columns);
  else if (samples && near) columnsFromSamples(samples, near.from, fromSample, samplesPerPixel, columns);
  else return;
  const gain = lane.gain ?? 1;
  const heightOf = (sample: number): number => Math.max(-1, Math.min(1, sample * gain)) * half;
  for (let x = 0; x < context.canvas.width; x++) {
    const [low, high] = [columns[2 * x]!, columns[2 * x + 1]!];
    if (Number.isNaN(low)) continue;
    const top = middle - heightOf(high);
    context.fillRect(x, top, 1, Math.max(pixelRatio, middle - heightOf(low) - top));
  }
}

function drawLine(
  context: CanvasRenderingContext2D,
  { lane, fromSample, samplesPerPixel }: LaneDrawing,
  samples: Float32Array,
  samplesFrom: number,
  middle: number,
  half: number,
  pixelRatio: number,
): void {
  const gain = lane.gain ?? 1;
  const first = Math.max(0, Math.floor(fromSample - samplesFrom) - 1);
  const last = Math.min(
    samples.length - 1,
    Math.ceil(fromSample - samplesFrom + context.canvas.width * samplesPerPixel) + 1,
  );
  const x = (n: number): number => (n + samplesFrom - fromSample) / samplesPerPixel;
  const y = (n: number): number => middle - Math.max(-1, Math.min(1, samples[n]! * gain)) * half;
  context.lineWidth = 1.25 * pixelRatio;
  context.lineJoin = 'round';
  context.beginPath();
  for (let n = first; n <= last; n++) context.lineTo(x(n), y(n));
  context.stroke();
  if (1 / samplesPerPixel < DOT_SPACING * pixelRatio) return;
  context.beginPath();
  for (let n = first; n <= last; n++) {
    context.moveTo(x(n), y(n));
    context.arc(x(n), y(n), DOT_RADIUS * pixelRatio, 0, 2 * Math.PI);
  }
  context.fill();
}
