/**
 * The chain after the compressor on a grid of frequencies: from raw parameters to the transfer function of both outputs,
 * and from its gradient back to the raw parameters. The equations are in kernels/transfer.ts.
 *
 * A grid of P points stands for a circular convolution of that period. A long enough period makes it linear for every
 * reverb that has died away; see {@link ../objective.ts} for the choice.
 */
import { delaySamples } from '#core/effects/delay/training.ts';
import { FDN_DELAYS, FDN_LINES } from '#core/effects/fdn/params.ts';
import { decayPlace } from '#core/effects/fdn/training.ts';
import type { Biquad, BiquadWithDerivatives } from '#core/signal/biquad.ts';
import { orthogonalAdjoint, orthogonalFromRaw } from '#core/signal/orthogonal.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import { TRANSFER_FILTERS, addFilterGradient, designAt, lowFrequencyForm } from '../filter-places.ts';
import type { Kernels } from '../kernels.ts';
import {
  addMixGradient,
  audibleRepeats,
  dampingPerBin,
  mixScalars,
  surrogateSlopes,
  transferAt as at,
} from '../transfer-values.ts';

/** Bins in a cell; the kernel's constant. */
const CELL = 16;
const TOTALS = 70;
const CELL_VALUES = 10;
/** Smallest line gain: keeps 1/Γ finite in float32. */
const SMALLEST_GAIN = 1e-5;

export interface TransferOptions {
  /** Gradient of the delay time through the damped surrogate (training) instead of the exact response. */
  readonly surrogate: boolean;
  readonly logDamp: number;
}

/** The transfer function of one set of parameters at a time, on one grid. */
export class Transfer {
  readonly bins: number;
  /** Addresses of f32[bins + 4]: left re, left im, right re, right im. */
  readonly response: readonly [number, number, number, number];
  readonly gradient: readonly [number, number, number, number];
  private readonly cells: number;
  private readonly grid: number;
  private readonly settings: number;
  private readonly mixing: number;
  private readonly input: number;
  private readonly output: number;
  private readonly nodes: number;
  private readonly filters: number;
  private readonly delayPhasors: number;
  private readonly delayWithin: number;
  private readonly scalars: number;
  private readonly surrogate: number;
  private readonly surrogateWithin: number;
  private readonly totals: number;
  private readonly cellSums: number;

  private readonly nodeSums: Float64Array;
  /** Nodes at which filters' gradients are evaluated; see {@link thinNodes}. */
  private readonly thinPlaces: readonly number[];

  private values: Float64Array = new Float64Array(0);
  private designs: BiquadWithDerivatives[] = [];
  private rawMixing: Float64Array = new Float64Array(0);

  /** `maxLength`: the longest segment in samples. */
  constructor(
    private readonly kernels: Kernels,
    readonly points: number,
    private readonly maxLength: number,
  ) {
    const bins = points / 2;
    this.bins = bins;
    this.cells = bins / CELL;
    this.nodeSums = new Float64Array((this.cells + 1) * CELL_VALUES);
    this.thinPlaces = thinPlaces(this.cells);
    const floats = (count: number) => kernels.allocateFloats(count);
    const spectra = () => [floats(bins + 4), floats(bins + 4), floats(bins + 4), floats(bins + 4)] as const;
    this.response = spectra();
    this.gradient = spectra();
    this.mixing = floats(FDN_LINES * FDN_LINES);
    this.input = floats(FDN_LINES * 2);
    this.output = floats(FDN_LINES * 2);
    this.nodes = floats((this.cells + 1) * FDN_LINES);
    this.filters = floats(TRANSFER_FILTERS.length * 6);
    this.delayPhasors = floats(this.cells * 2);
    this.delayWithin = floats(CELL * 2);
    this.scalars = floats(8);
    this.surrogate = floats(this.cells);
    this.surrogateWithin = floats(CELL);
    this.totals = kernels.allocate(TOTALS * 8);
    this.cellSums = floats(this.cells * CELL_VALUES * 2);

    const [sinHalfSquared, sine] = [floats(bins), floats(bins)];
    const linePhasors = floats(this.cells * FDN_LINES * 2);
    const lineWithin = floats(CELL * FDN_LINES * 2);
    const phi = kernels.f32(sinHalfSquared, bins);
    const sines = kernels.f32(sine, bins);
    for (let k = 0; k < bins; k++) {
      const omega = (2 * Math.PI * k) / points;
      phi[k] = Math.sin(omega / 2) ** 2;
      sines[k] = Math.sin(omega);
    }
    FDN_DELAYS.forEach((delay, line) => {
      this.setPhasors(delay, linePhasors, line * 2, FDN_LINES * 2, lineWithin, line * 8, FDN_LINES * 8);
    });
    this.grid = kernels.allocate(5 * 4);
    kernels.i32(this.grid, 5).set([this.cells, sinHalfSquared, sine, linePhasors, lineWithin]);
    this.settings = kernels.allocate(12 * 4);
    kernels
      .i32(this.settings, 12)
      .set([
        this.mixing,
        this.input,
        this.output,
        this.nodes,
        this.filters,
        this.delayPhasors,
        this.delayWithin,
        this.scalars,
        0,
        0,
        this.surrogate,
        this.surrogateWithin,
      ]);
  }

  /** e^{−jωd} at the first bin of every cell, and within a cell as vectors (re, im) of four bins. */
  private setPhasors(
    delay: number,
    cells: number,
    first: number,
    stride: number,
    within: number,
    withinFirst: number,
    withinStride: number,
  ): void {
    const base = this.kernels.f32(cells, this.cells * stride);
    // Phase in turns, reduced before it is multiplied: exact for any delay.
    const turnsPerBin = delay / this.points;
    for (let cell = 0, place = first; cell < this.cells; cell++, place += stride) {
      const turns = cell * CELL * turnsPerBin;
      const angle = -2 * Math.PI * (turns - Math.floor(turns));
      base[place] = Math.cos(angle);
      base[place + 1] = Math.sin(angle);
    }
    const offsets = this.kernels.f32(within, withinFirst + 3 * withinStride + 8);
    for (let bin = 0; bin < CELL; bin++) {
      const angle = -2 * Math.PI * bin * turnsPerBin;
      const place = withinFirst + (bin >> 2) * withinStride + (bin & 3);
      offsets[place] = Math.cos(angle);
      offsets[place + 4] = Math.sin(angle);
    }
  }

  /** Computes the response of a raw vector (151, and log η apart) into {@link response}. */
  forward(raw: ArrayLike<number>, values: Float64Array, { logDamp }: TransferOptions): void {
    const { kernels } = this;
    this.values = values;
    this.rawMixing = Float64Array.from({ length: 36 }, (_, i) => raw[at.mixing + i]!);
    kernels.f32(this.mixing, 36).set(orthogonalFromRaw(this.rawMixing));
    kernels.f32(this.input, 12).set(values.subarray(at.input, at.input + 12));
    kernels.f32(this.output, 12).set(values.subarray(at.output, at.output + 12));
    this.setNodes();
    this.designs = TRANSFER_FILTERS.map((place) => designAt(place, values));
    const filters = kernels.f32(this.filters, TRANSFER_FILTERS.length * 6);
    this.designs.forEach(({ coefficients: { b0, b1, b2, a1, a2 } }, i) =>
      filters.set([...lowFrequencyForm(b0, b1, b2), ...lowFrequencyForm(1, a1, a2)], i * 6),
    );
    this.setPhasors(delaySamples(values[at.time]!), this.delayPhasors, 0, 2, this.delayWithin, 0, 8);
    kernels.f32(this.scalars, 8).set(mixScalars(values));
    kernels.i32(this.settings, 12).set(audibleRepeats(values, this.maxLength), 8);
    this.setSurrogate(logDamp);
    kernels.call.transferForward(this.grid, this.settings, ...this.response);
  }

  private setNodes(): void {
    const nodes = this.kernels.f32(this.nodes, (this.cells + 1) * FDN_LINES);
    const exponents = FDN_DELAYS.map((delay) => delay / FDN_DELAYS[0]);
    for (let node = 0; node <= this.cells; node++) {
      const { band, fraction } = decayPlace(node * CELL, this.points);
      const gamma =
        this.values[at.decay + band]! * (1 - fraction) + this.values[at.decay + band + 1]! * fraction;
      const logarithm = Math.log(gamma);
      for (let line = 0; line < FDN_LINES; line++)
        nodes[node * FDN_LINES + line] = Math.max(SMALLEST_GAIN, Math.exp(exponents[line]! * logarithm));
    }
  }

  private setSurrogate(logDamp: number): void {
    const perBin = dampingPerBin(logDamp, this.points);
    const weights = this.kernels.f32(this.surrogate, this.cells);
    for (let cell = 0; cell < this.cells; cell++) weights[cell] = Math.exp(perBin * cell * CELL);
    const within = this.kernels.f32(this.surrogateWithin, CELL);
    for (let bin = 0; bin < CELL; bin++) within[bin] = Math.exp(perBin * bin);
  }

  /** Clears the gradient of the response before segments add theirs. */
  clearGradient(): void {
    for (const address of this.gradient) this.kernels.f32(address, this.bins).fill(0);
  }

  /**
   * Adds to `byValue` (151, with respect to the DSP values; the mixing angles with respect to their raw values) the
   * gradient of what {@link forward} computed, given {@link gradient}. Returns the gradient of log η.
   */
  adjoint(byValue: Float64Array, options: TransferOptions): number {
    const { kernels } = this;
    for (const address of this.gradient) kernels.f32(address, 1)[0]! *= 0.5;
    kernels.call.transferAdjoint(this.grid, this.settings, ...this.gradient, this.totals, this.cellSums);
    const totals = kernels.f64(this.totals, TOTALS);
    addMixGradient(this.values, totals, byValue);
    for (let i = 0; i < 12; i++) {
      byValue[at.input + i]! += totals[10 + i]!;
      byValue[at.output + i]! += totals[22 + i]!;
    }
    orthogonalAdjoint(this.rawMixing, totals.subarray(34, 70)).forEach(
      (g, i) => (byValue[at.mixing + i]! += g),
    );
    const nodeSums = this.sumNodes();
    this.addDecay(nodeSums, byValue);
    const delaySlope = this.addFilters(nodeSums, byValue);
    const slopes = this.delaySlopes(totals, delaySlope, options);
    byValue[at.time]! += (slopes.byDelaySamples * FIT_SAMPLE_RATE_HZ) / 1000;
    return slopes.byLogDamp;
  }

  private delaySlopes(
    totals: Float64Array,
    exactSlope: number,
    options: TransferOptions,
  ): { byDelaySamples: number; byLogDamp: number } {
    if (!options.surrogate) return { byDelaySamples: exactSlope, byLogDamp: 0 };
    return surrogateSlopes(totals[8]!, totals[9]!, this.points);
  }

  /** The gathered sums as float64[cells + 1][10]: each node has the second share of one cell and the first of the next. */
  private sumNodes(): Float64Array {
    const sums = this.kernels.f32(this.cellSums, this.cells * CELL_VALUES * 2);
    const nodes = this.nodeSums.fill(0);
    for (let cell = 0, i = 0; cell < this.cells; cell++)
      for (let value = 0; value < CELL_VALUES; value++, i += 2) {
        nodes[cell * CELL_VALUES + value]! += sums[i]!;
        nodes[(cell + 1) * CELL_VALUES + value]! += sums[i + 1]!;
      }
    return nodes;
  }

  private addDecay(nodes: Float64Array, byValue: Float64Array): void {
    const gains = this.kernels.f32(this.nodes, (this.cells + 1) * FDN_LINES);
    for (let node = 0; node <= this.cells; node++) {
      const { band, fraction } = decayPlace(node * CELL, this.points);
      const gamma =
        this.values[at.decay + band]! * (1 - fraction) + this.values[at.decay + band + 1]! * fraction;
      let byGamma = 0;
      for (let line = 0; line < FDN_LINES; line++) {
        const gain = gains[node * FDN_LINES + line]!;
        if (gain > SMALLEST_GAIN)
          byGamma += (nodes[node * CELL_VALUES + line]! * (FDN_DELAYS[line]! / FDN_DELAYS[0]) * gain) / gamma;
      }
      byValue[at.decay + band]! += byGamma * (1 - fraction);
      byValue[at.decay + band + 1]! += byGamma * fraction;
    }
  }

  /** Filters' gradients from Re Σ W ∂ ln H; returns Σ ω Im W of the delay, the exact slope of its time in samples. */
  private addFilters(nodes: Float64Array, byValue: Float64Array): number {
    let delaySlope = 0;
    for (let node = 0; node <= this.cells; node++)
      delaySlope += ((2 * Math.PI * node * CELL) / this.points) * nodes[node * CELL_VALUES + 9]!;
    const { places, sums } = this.thinNodes(nodes);
    this.designs.forEach((design, index) => {
      const [re, im] = index === 0 ? [8, 9] : [6, 7];
      const byCoefficient = new Float64Array(5);
      places.forEach((node, i) => {
        const omega = (2 * Math.PI * node * CELL) / this.points;
        addLogarithmicDerivative(
          design.coefficients,
          omega,
          sums[i * 4 + re - 6]!,
          sums[i * 4 + im - 6]!,
          byCoefficient,
        );
      });
      addFilterGradient(TRANSFER_FILTERS[index]!, design, byCoefficient, byValue);
    });
    return delaySlope;
  }

  /**
   * Filter responses are smooth on a logarithmic frequency axis: nodes are thinned to a spacing of 1/256 of their frequency,
   * each dropped node's sums shared by its neighbours.
   */
  private thinNodes(nodes: Float64Array): { places: readonly number[]; sums: Float64Array } {
    const places = this.thinPlaces;
    const sums = new Float64Array(places.length * 4);
    for (let node = 0, i = 0; node <= this.cells; node++) {
      while (i + 2 < places.length && node >= places[i + 1]!) i++;
      const share = (node - places[i]!) / (places[i + 1]! - places[i]!);
      for (let value = 0; value < 4; value++) {
        const w = nodes[node * CELL_VALUES + 6 + value]!;
        sums[i * 4 + value]! += w * (1 - share);
        sums[(i + 1) * 4 + value]! += w * share;
      }
    }
    return { places, sums };
  }
}

/** Nodes 0..last at a spacing of 1/256 of their number, at least 1. */
function thinPlaces(last: number): number[] {
  const places = [0];
  for (let node = 0; node < last;) {
    node = Math.min(last, node + Math.max(1, Math.floor(node / 256)));
    places.push(node);
  }
  return places;
}

/** Adds Re(w ∂ ln H(e^{jω}) / ∂[b0, b1, b2, a1, a2]). */
function addLogarithmicDerivative(c: Biquad, omega: number, wr: number, wi: number, sum: Float64Array): void {
  const cos = Math.cos(omega);
  const sin = Math.sin(omega);
  // Numerator and denominator times e^{jω}.
  const nr = (c.b0 + c.b2) * cos + c.b1;
  const ni = (c.b0 - c.b2) * sin;
  const dr = (1 + c.a2) * cos + c.a1;
  const di = (1 - c.a2) * sin;
  const n2 = nr * nr + ni * ni;
  const d2 = dr * dr + di * di;
  if (n2 > 0) {
    const qr = (wr * nr + wi * ni) / n2;
    const qi = (wi * nr - wr * ni) / n2;
    sum[0]! += qr * cos - qi * sin;
    sum[1]! += qr;
    sum[2]! += qr * cos + qi * sin;
  }
  const pr = (wr * dr + wi * di) / d2;
  const pi = (wi * dr - wr * di) / d2;
  sum[3]! -= pr;
  sum[4]! -= pr * cos + pi * sin;
}
