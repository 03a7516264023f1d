/**
 * The equaliser as one response on the bins of a grid, and its gradient.
 *
 * The published equaliser is a recursion from rest; on a period that leaves seconds of silence behind the dry sound the product
 * of spectra is the same to far below float32, as the six filters ring for a fraction of a second at most.
 */
import { EQ_FILTERS } from '../../filter-places.ts';
import type { Dispatch, GpuContext, Recording } from '../device.ts';
import { ROOTS_WGSL } from '../fft/roots.ts';
import { Sums } from '../sums.ts';
import { COMPLEX_PRODUCT } from '../work.ts';
import { BIN_THREADS, binSumsMain, binSumsWork } from './bin-sums.ts';
import {
  FILTER_BANK_WGSL,
  GRID_OPERATIONS,
  RESPONSE_OPERATIONS,
  SLOPE_OPERATIONS,
  addBankGradient,
  bankNumbers,
  bankSlopes,
  slopeCount,
} from './filter-bank.ts';

const SLOPES = slopeCount(EQ_FILTERS);
export const EQUALIZER_SUMS = SLOPES;

export class GpuEqualizer {
  private constructor(
    private readonly context: GpuContext,
    private readonly settings: GPUBuffer,
    private readonly groups: number,
    private readonly response: Dispatch,
    private readonly slopes: Dispatch,
    private readonly total: Dispatch,
    private readonly adder: Sums,
    /** f32[EQUALIZER_SUMS], written by {@link recordAdjoint}. */
    readonly sums: GPUBuffer,
  ) {}

  /** `response` and `weights` (Σ Ē* X, see spectra.ts): f32[bins][2]. */
  static async make(
    context: GpuContext,
    bins: number,
    roots: GPUBuffer,
    response: GPUBuffer,
    weights: GPUBuffer,
  ): Promise<GpuEqualizer> {
    const head = /* wgsl */ `
@group(0) @binding(0) var<storage, read> settings: array<f32>;
@group(0) @binding(1) var<storage, read> roots: array<vec2f>;
${ROOTS_WGSL}${FILTER_BANK_WGSL}
fn gridOf(bin: u32) -> vec2f { return gridAt(bin * ${2 ** 31 / bins}u); }
`;
    const groups = bins / BIN_THREADS;
    const summed = binSumsWork(SLOPES);
    const forward = await context.kernel(
      'equaliser',
      /* wgsl */ `${head}
@group(0) @binding(2) var<storage, read_write> response: array<vec2f>;
@compute @workgroup_size(${BIN_THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  response[id.x] = bankResponse(0u, ${EQ_FILTERS.length}u, gridOf(id.x));
}`,
      { items: bins, operations: GRID_OPERATIONS + EQ_FILTERS.length * RESPONSE_OPERATIONS, bytes: 8 },
    );
    const adjoint = await context.kernel(
      'equaliser’s gradient',
      /* wgsl */ `${head}
@group(0) @binding(2) var<storage, read> response: array<vec2f>;
@group(0) @binding(3) var<storage, read> weights: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
${binSumsMain(
  SLOPES,
  `  let grid = gridOf(bin);
  let w = times(weights[bin], response[bin]);
${bankSlopes(EQ_FILTERS, 0, 0, () => 'w')}`,
)}`,
      {
        items: bins,
        operations: GRID_OPERATIONS + COMPLEX_PRODUCT + SLOPES * SLOPE_OPERATIONS + summed.operations,
        bytes: 16 + summed.bytes,
      },
    );
    const settings = context.numbers('equaliser’s settings', EQ_FILTERS.length * 6 + SLOPES * 6);
    const parts = context.numbers('equaliser’s parts', groups * SLOPES);
    const sums = context.numbers('equaliser’s sums', SLOPES);
    const adder = await Sums.make(context, 'equaliser’s sums', groups, SLOPES);
    return new GpuEqualizer(
      context,
      settings,
      groups,
      forward.on(settings, roots, response),
      adjoint.on(settings, roots, response, weights, parts),
      adder.on(parts, sums),
      adder,
      sums,
    );
  }

  prepare(values: Float64Array): void {
    this.context.write(this.settings, Float32Array.from(bankNumbers(EQ_FILTERS, values)));
  }

  recordForward(recording: Recording): void {
    recording.dispatch(this.response, this.groups);
  }

  recordAdjoint(recording: Recording): void {
    recording.dispatch(this.slopes, this.groups);
    this.adder.record(recording, this.total, 1);
  }

  /** Adds what {@link sums} says to the gradient by DSP value. */
  addGradient(sums: Float32Array, byValue: Float64Array): void {
    addBankGradient(EQ_FILTERS, sums, byValue);
  }
}
