/**
 * Attack and release and their adjoint; equations in kernels/compressor.ts:
 *
 *   y[n] = y[n−1] + k (g[n] − y[n−1]), k = attack if g[n] < y[n−1], else release; y[−1] = 1
 *   λ[n] = ȳ[n] + (1 − k[n+1]) λ[n+1],  ḡ = k λ,  ∂/∂k = Σ λ[n] (g[n] − y[n−1]) over the samples that use that k
 *
 * With attack ≥ release each step is the minimum of two affine maps of y[n−1], else their maximum: chunks.ts says why the
 * rounds end at the plain recursion. A fixed number of them is recorded, each of which passes over the segments that have
 * settled; one that has not by then is done in order by a single thread. Entries are kept in the segment's slot as guesses
 * for its next time, with parameters nearby; 26 KB for 12 s. What another segment left in a slot is a guess like any other.
 *
 * The adjoint takes its choices from g and y as stored, as constants, like the CPU's, and goes on through the static curve.
 */
import type { Dispatch, GpuContext, Recording } from '../device.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import {
  chainKernel,
  chunkLinks,
  CHUNK,
  GROUP,
  PLUS_OPERATIONS,
  groupsOf,
  PROGRESS_WGSL,
  walkCode,
  type Sizes,
  type Walk,
} from './chunks.ts';
import {
  GAIN_ADJOINT_OPERATIONS,
  GAIN_CURVE_WGSL,
  LEVEL_OPERATIONS,
  LEVEL_SLOPE_OPERATIONS,
  NEPER_PER_DB,
} from './gain-curve.ts';
import { gradientIndex } from './lookahead.ts';
import { columnOf, partsIndex } from './parts.ts';
import { WALK_BINDINGS } from './settings.ts';

/** Samples that the single thread loads at once. */
const AHEAD = 16;

export interface GainSmoothingBuffers {
  readonly settings: GPUBuffer;
  readonly segments: GPUBuffer;
  /** m, g and y, own rows. */
  readonly power: GPUBuffer;
  readonly gain: GPUBuffer;
  readonly smoothed: GPUBuffer;
  /** ȳ, replaced by m̄; rows of the lookahead's gradient. */
  readonly gradient: GPUBuffer;
  readonly parts: GPUBuffer;
}

/** One step, needs `settings`. */
const STEP_WGSL = /* wgsl */ `
fn smoothed(state: vec2f, wanted: f32) -> vec2f {
  let step = (wanted - state.x) - state.y;
  let low = fma(select(settings.release, settings.attack, step < 0.0), step, state.y);
  let high = state.x + low;
  return vec2f(high, low - fma(high, settings.one, -state.x));
}
`;

/** Operations of that, and of a step back; see work.ts. */
const STEP_OPERATIONS = 8;
const BACK_OPERATIONS = 1 + 2 + PLUS_OPERATIONS;

export class GainSmoothing {
  private constructor(
    private readonly groups: number,
    private readonly backLinks: GPUBuffer,
    /** u32[maxSegments][2]: whether a segment's last evaluation settled, and after how many rounds. */
    readonly progress: GPUBuffer,
    private readonly dispatches: Readonly<
      Record<'run' | 'chain' | 'inOrder' | 'runBack' | 'chainBack' | 'writeBack', Dispatch>
    >,
  ) {}

  /** `groups`: rows of parts for each segment. */
  static async make(
    context: GpuContext,
    sizes: Sizes,
    groups: number,
    buffers: GainSmoothingBuffers,
  ): Promise<GainSmoothing> {
    const { maxLength, maxSegments } = sizes;
    const { settings, segments, power, gain, smoothed, gradient, parts } = buffers;
    const links = chunkLinks(context, 'smoothing links', sizes, sizes.slots);
    const backLinks = chunkLinks(context, 'smoothing back links', sizes);
    const progress = context.numbers('smoothing progress', 2 * maxSegments);
    const backwards: Omit<Walk, 'declarations' | 'end'> = {
      maxLength,
      direction: 'backwards',
      tiles: 2,
      begin: /* wgsl */ `
  var state = links[own].entry;
  var kept = 0.0;`,
      load: /* wgsl */ `
      var step = 0.0;
      var given = 0.0;
      if (inside) {
        step = gain[row + n] - select(1.0, smoothed[row + max(n, 1u) - 1u], n > 0u);
        given = gradient[${gradientIndex(maxLength)}];
      }
      tile0[cell] = step;
      tile1[cell] = given;`,
      walk: /* wgsl */ `
      state = plus(state, fma(-kept, state.x, tile1[cell]), settings.one);
      let falling = tile0[cell] < 0.0;
      kept = select(settings.release, settings.attack, falling);`,
    };
    const backBindings = /* wgsl */ `${WALK_BINDINGS}
@group(0) @binding(2) var<storage, read_write> links: array<Link>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read> smoothed: array<f32>;
@group(0) @binding(5) var<storage, read> gradient: array<f32>;`;
    const [run, chain, inOrder, runBack, chainBack, writeBack] = await Promise.all([
      context.kernel(
        'smoothing run',
        walkCode({
          maxLength,
          direction: 'forwards',
          keepsLinks: true,
          tiles: 1,
          declarations: /* wgsl */ `${WALK_BINDINGS}${PROGRESS_WGSL}${STEP_WGSL}
@group(0) @binding(2) var<storage, read_write> links: array<Link>;
@group(0) @binding(3) var<storage, read> progress: array<Progress>;
@group(0) @binding(4) var<storage, read> gain: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;`,
          begin: /* wgsl */ `
  if (progress[group.z].settled != 0u) { return; }
  var state = select(links[own].entry, vec2f(1.0, 0.0), chunk == 0u);
  var attacks = 0u;`,
          load: 'tile0[cell] = select(1.0, gain[row + n], inside);',
          walk: /* wgsl */ `
      let wanted = tile0[cell];
      attacks += select(0u, 1u, (wanted - state.x) - state.y < 0.0);
      state = smoothed(state, wanted);
      tile0[cell] = state.x;`,
          store: 'output[row + n] = tile0[cell];',
          end: /* wgsl */ `
  links[own].exit = state;
  links[own].lost = lostOver(f32(attacks) * settings.attackNepers + f32(${CHUNK}u - attacks) * settings.releaseNepers);`,
        }),
        { items: maxLength, operations: STEP_OPERATIONS, bytes: 8 },
      ),
      chainKernel(context, 'smoothing chain', {
        maxLength,
        direction: 'forwards',
        keepsLinks: true,
        progress: true,
      }),
      context.kernel(
        'smoothing in order',
        /* wgsl */ `
${SEGMENT_WGSL}${WALK_BINDINGS}${PROGRESS_WGSL}${STEP_WGSL}
@group(0) @binding(2) var<storage, read> progress: array<Progress>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  if (progress[group.z].settled != 0u) { return; }
  let length = segments[group.z].length;
  let row = group.z * ${groupsOf(maxLength) * GROUP}u;
  var state = vec2f(1.0, 0.0);
  for (var start = 0u; start < length; start += ${AHEAD}u) {
    // Loads that do not wait for the recursion. Rows are whole chunks.
    var wanted: array<f32, ${AHEAD}>;
    for (var i = 0u; i < ${AHEAD}u; i++) { wanted[i] = gain[row + start + i]; }
    for (var i = 0u; i < ${AHEAD}u; i++) {
      state = smoothed(state, wanted[i]);
      output[row + start + i] = state.x;
    }
  }
}`,
        { items: maxLength, operations: STEP_OPERATIONS, bytes: 8 },
      ),
      context.kernel(
        'smoothing back run',
        walkCode({
          ...backwards,
          declarations: backBindings,
          begin: `${backwards.begin}
  var attacks = 0u;`,
          walk: `${backwards.walk}
      attacks += select(0u, 1u, falling);`,
          end: /* wgsl */ `
  links[own].exit = plus(state, -kept * state.x, settings.one);
  links[own].lost = lostOver(f32(attacks) * settings.attackNepers + f32(${CHUNK}u - attacks) * settings.releaseNepers);`,
        }),
        { items: maxLength, operations: BACK_OPERATIONS, bytes: 12 },
      ),
      chainKernel(context, 'smoothing back chain', { maxLength, direction: 'backwards', progress: false }),
      context.kernel(
        'smoothing back write',
        walkCode({
          ...backwards,
          declarations: /* wgsl */ `${WALK_BINDINGS}${GAIN_CURVE_WGSL}
@group(0) @binding(2) var<storage, read> links: array<Link>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read> smoothed: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(6) var<storage, read> power: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;`,
          begin: /* wgsl */ `${backwards.begin}
  var byAttack = 0.0;
  var byRelease = 0.0;
  var byThreshold = 0.0;
  var bySlope = 0.0;
  var byExpanderThreshold = 0.0;
  var byExpanderSlope = 0.0;`,
          walk: /* wgsl */ `${backwards.walk}
      let product = state.x * tile0[cell];
      byAttack += select(0.0, product, falling);
      byRelease += select(product, 0.0, falling);
      tile1[cell] = kept * state.x;`,
          store: /* wgsl */ `
        let mean = power[row + n];
        let level = levelOf(mean);
        let by = gainAdjoint(level, tile1[cell] * gain[row + n] * ${NEPER_PER_DB});
        byThreshold += by.threshold;
        bySlope += by.slope;
        byExpanderThreshold += by.expanderThreshold;
        byExpanderSlope += by.expanderSlope;
        gradient[${gradientIndex(maxLength)}] = by.level * levelSlope(mean);`,
          end: '',
          sums: {
            names: [
              'byAttack',
              'byRelease',
              'byThreshold',
              'bySlope',
              'byExpanderThreshold',
              'byExpanderSlope',
            ],
            column: columnOf('attack'),
            partsIndex: partsIndex(groups),
          },
        }),
        {
          items: maxLength,
          operations:
            BACK_OPERATIONS +
            4 +
            LEVEL_OPERATIONS +
            2 +
            GAIN_ADJOINT_OPERATIONS +
            4 +
            LEVEL_SLOPE_OPERATIONS +
            1,
          bytes: 20,
        },
      ),
    ]);
    return new GainSmoothing(groupsOf(maxLength), backLinks, progress, {
      run: run.on(settings, segments, links, progress, gain, smoothed),
      chain: chain.on(settings, segments, links, progress),
      inOrder: inOrder.on(settings, segments, progress, gain, smoothed),
      runBack: runBack.on(settings, segments, backLinks, gain, smoothed, gradient),
      chainBack: chainBack.on(settings, segments, backLinks),
      writeBack: writeBack.on(settings, segments, backLinks, gain, smoothed, gradient, power, parts),
    });
  }

  /** `rounds`: how many there are at most before a single thread does what has not settled. */
  recordForward(recording: Recording, count: number, rounds: number): void {
    const { run, chain, inOrder } = this.dispatches;
    recording.clear(this.progress);
    for (let round = 0; round < rounds; round++) {
      // At the least, every segment settles in the first round and is passed over by the others.
      const working = round === 0 ? count : 0;
      recording.dispatch(run, this.groups, 1, count, working);
      recording.dispatch(chain, 1, 1, count, working);
    }
    recording.dispatch(inOrder, 1, 1, count, rounds > 0 ? 0 : count);
  }

  recordAdjoint(recording: Recording, count: number): void {
    const { runBack, chainBack, writeBack } = this.dispatches;
    recording.clear(this.backLinks);
    recording.dispatch(runBack, this.groups, 1, count);
    recording.dispatch(chainBack, 1, 1, count);
    recording.dispatch(writeBack, this.groups, 1, count);
  }
}
