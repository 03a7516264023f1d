/**
 * The compressor's level detector and its adjoint; equations in kernels/compressor.ts:
 *
 *   m[n] = m[n−1] + a (max(x[n]², 1e−8) − m[n−1]), m[−1] = 0          μ[n] = m̄[n] + (1 − a) μ[n+1]
 *   x̄[n] += 2 a μ[n] x[n] where x² ≥ 1e−8,   ∂/∂a = Σ μ[n] (max(x[n]², 1e−8) − m[n−1])
 *
 * Two rounds of chunks each: the first gives the entries to float32, the second to that of what was missing. The static
 * curve is applied where m is written.
 */
import { DETECTOR_FLOOR } from '#core/effects/comp/training.ts';
import type { Dispatch, GpuContext, Recording } from '../device.ts';
import {
  PLUS_OPERATIONS,
  chainKernel,
  chunkLinks,
  groupsOf,
  walkCode,
  type Sizes,
  type Walk,
} from './chunks.ts';
import { GAIN_CURVE_WGSL, GAIN_OPERATIONS, POWER_OPERATIONS, SMALLEST_POWER } from './gain-curve.ts';
import { gradientIndex } from './lookahead.ts';
import { columnOf, partsIndex } from './parts.ts';
import { WALK_BINDINGS } from './settings.ts';

const ROUNDS = 2;
/** Operations of a step either way; see work.ts. */
const FORWARD_OPERATIONS = POWER_OPERATIONS + 3 + PLUS_OPERATIONS;
const BACK_OPERATIONS = 2 + PLUS_OPERATIONS;

export interface PowerAverageBuffers {
  readonly settings: GPUBuffer;
  readonly segments: GPUBuffer;
  /** x and x̄, rows of `points`; x̄ is added to. */
  readonly equalised: GPUBuffer;
  readonly gradEqualised: GPUBuffer;
  /** m and the curve's gain g, own rows. */
  readonly power: GPUBuffer;
  readonly gain: GPUBuffer;
  /** m̄, rows of the lookahead's gradient. */
  readonly gradPower: GPUBuffer;
  readonly parts: GPUBuffer;
}

export class PowerAverage {
  private constructor(
    private readonly groups: number,
    private readonly links: GPUBuffer,
    private readonly dispatches: Readonly<
      Record<'run' | 'chain' | 'write' | 'runBack' | 'chainBack' | 'writeBack', Dispatch>
    >,
  ) {}

  /** `groups`: rows of parts for each segment. */
  static async make(
    context: GpuContext,
    sizes: Sizes,
    groups: number,
    buffers: PowerAverageBuffers,
  ): Promise<PowerAverage> {
    const { points, maxLength } = sizes;
    const { settings, segments, equalised, gradEqualised, power, gain, gradPower, parts } = buffers;
    const links = chunkLinks(context, 'power links', sizes);
    const forwards: Omit<Walk, 'declarations' | 'end'> = {
      maxLength,
      direction: 'forwards',
      tiles: 1,
      begin: 'var state = links[own].entry;',
      load: `
      var squared = 0.0;
      if (inside) { squared = powerOf(equalised[group.z * ${points}u + n]); }
      tile0[cell] = squared;`,
      walk: `
      state = plus(state, settings.averaging * ((tile0[cell] - state.x) - state.y), settings.one);
      tile0[cell] = state.x;`,
    };
    const backwards: Omit<Walk, 'declarations' | 'end'> = {
      ...forwards,
      direction: 'backwards',
      begin: 'var state = links[own].entry; var kept = 0.0; var byAveraging = 0.0;',
      load: `tile0[cell] = 0.0; if (inside) { tile0[cell] = gradPower[${gradientIndex(maxLength)}]; }`,
      walk: `
      state = plus(state, fma(-kept, state.x, tile0[cell]), settings.one);
      kept = settings.averaging;
      tile0[cell] = state.x;`,
    };
    const leave = `
  links[own].exit = state;
  links[own].lost = settings.averagingLost;`;
    const forwardBindings = /* wgsl */ `${WALK_BINDINGS}${GAIN_CURVE_WGSL}
@group(0) @binding(2) var<storage, read_write> links: array<Link>;
@group(0) @binding(3) var<storage, read> equalised: array<f32>;`;
    const backBindings = /* wgsl */ `${WALK_BINDINGS}${GAIN_CURVE_WGSL}
@group(0) @binding(2) var<storage, read_write> links: array<Link>;
@group(0) @binding(3) var<storage, read> gradPower: array<f32>;`;
    const [run, chain, write, runBack, chainBack, writeBack] = await Promise.all([
      context.kernel('power run', walkCode({ ...forwards, declarations: forwardBindings, end: leave }), {
        items: maxLength,
        operations: FORWARD_OPERATIONS,
        bytes: 4,
      }),
      chainKernel(context, 'power chain', { maxLength, direction: 'forwards', progress: false }),
      context.kernel(
        'power write',
        walkCode({
          ...forwards,
          declarations: /* wgsl */ `${forwardBindings}
@group(0) @binding(4) var<storage, read_write> power: array<f32>;
@group(0) @binding(5) var<storage, read_write> gain: array<f32>;`,
          store: `
        let mean = max(tile0[cell], ${SMALLEST_POWER});
        power[row + n] = mean;
        gain[row + n] = gainOf(mean);`,
          end: '',
        }),
        { items: maxLength, operations: FORWARD_OPERATIONS + 1 + GAIN_OPERATIONS, bytes: 12 },
      ),
      context.kernel(
        'power back run',
        walkCode({
          ...backwards,
          declarations: backBindings,
          end: `
  state = plus(state, -kept * state.x, settings.one);${leave}`,
        }),
        { items: maxLength, operations: BACK_OPERATIONS, bytes: 4 },
      ),
      chainKernel(context, 'power back chain', { maxLength, direction: 'backwards', progress: false }),
      context.kernel(
        'power back write',
        walkCode({
          ...backwards,
          declarations: /* wgsl */ `${backBindings}
@group(0) @binding(4) var<storage, read> power: array<f32>;
@group(0) @binding(5) var<storage, read> equalised: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradEqualised: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;`,
          store: `
        let at = group.z * ${points}u + n;
        let sample = equalised[at];
        let before = select(0.0, power[row + max(n, 1u) - 1u], n > 0u);
        byAveraging += tile0[cell] * (powerOf(sample) - before);
        if (sample * sample >= ${DETECTOR_FLOOR}) {
          gradEqualised[at] += 2.0 * settings.averaging * tile0[cell] * sample;
        }`,
          end: '',
          sums: {
            names: ['byAveraging'],
            column: columnOf('averaging'),
            partsIndex: partsIndex(groups),
          },
        }),
        { items: maxLength, operations: BACK_OPERATIONS + (POWER_OPERATIONS + 3) + (1 + 4), bytes: 20 },
      ),
    ]);
    return new PowerAverage(groupsOf(maxLength), links, {
      run: run.on(settings, segments, links, equalised),
      chain: chain.on(settings, segments, links),
      write: write.on(settings, segments, links, equalised, power, gain),
      runBack: runBack.on(settings, segments, links, gradPower),
      chainBack: chainBack.on(settings, segments, links),
      writeBack: writeBack.on(settings, segments, links, gradPower, power, equalised, gradEqualised, parts),
    });
  }

  recordForward(recording: Recording, count: number): void {
    const { run, chain, write } = this.dispatches;
    this.record(recording, count, run, chain, write);
  }

  recordAdjoint(recording: Recording, count: number): void {
    const { runBack, chainBack, writeBack } = this.dispatches;
    this.record(recording, count, runBack, chainBack, writeBack);
  }

  private record(recording: Recording, count: number, run: Dispatch, chain: Dispatch, write: Dispatch): void {
    recording.clear(this.links);
    for (let round = 0; round < ROUNDS; round++) {
      recording.dispatch(run, this.groups, 1, count);
      recording.dispatch(chain, 1, 1, count);
    }
    recording.dispatch(write, this.groups, 1, count);
  }
}
