/**
 * First-order recursions in parallel: s[n] = f_n(s[n−1]) with increasing, piecewise affine f_n.
 *
 * A segment is cut into chunks of CHUNK samples, a thread each. Every thread runs the plain recursion over its chunk from a
 * guess of the state that enters it, and leaves in a Link the state that came out and how much of a small change at the
 * entry is lost on the way (1 − the product of the slopes met). One workgroup a segment then chains those tangents by a scan
 * and writes better guesses: Newton's method for the system s_{i+1} = F_i(s_i) of all entries ("multiple shooting"; for
 * min/max recursions "policy iteration"). For a linear recursion the first round is the answer up to rounding.
 *
 * Why it converges. The true first entry is known and kept. If the first j entries are exact, their gaps are zero, and the
 * scan gives entry j + 1 as what came out of chunk j, exactly: as many rounds as chunks always suffice. And where all f_n are
 * concave (minima of two affine maps), so are the compositions F_i of increasing concave maps, and a tangent lies above
 * F_i: whatever the guess, the chained tangents solve a system that lies above the true one, so from the second round on
 * all entries are upper bounds: s ≥ F(s). The next round's entries s' solve s'_{i+1} = F_i(s_i) + F_i'(s_i)(s'_i − s_i) and
 * by induction over i lie between the truth and s: they fall monotonically; and as F_i has finitely many pieces, of which
 * each round that changes anything takes another combination, they end at the truth. For convex f_n all signs turn.
 * To hold guesses within bounds of the truth leaves all of this as it is.
 * Real vocals take 4 rounds from the answer for parameters nearby, about 8 from nothing. What rounding leaves is less than
 * half a last place of float32 ({@link SETTLED_CHANGE}).
 *
 * Precision. Coefficients down to 1e-6 would lose their steps in a float32 state, so a state is an unevaluated sum of two
 * floats (fast two-sum, T. J. Dekker, 1971). Shader compilers may reassociate, which would fold the low half to zero and lose
 * precision, nothing else (SwiftShader does); a factor of 1 that is read from memory keeps them from it. What a chunk loses
 * is kept instead of what it leaves, because 1 − 1e-6 says little of the 1e-6 in float32.
 *
 * Memory: a workgroup walks CHUNKS_A_GROUP chunks a tile at a time, loaded and stored along the segment and walked across it
 * in workgroup memory. A tile's rows are rotated against each other, so that neither way has bank conflicts.
 */
import { WORKGROUP, type GpuContext, type Kernel } from '../device.ts';
import { SEGMENT_WGSL } from '../segment.ts';
import { workgroupSum } from '../sums.ts';

/** Samples that one thread walks. */
export const CHUNK = 512;
/** Threads of a walking workgroup. */
const CHUNKS_A_GROUP = 64;
const TILE = 32;
/** Samples that one workgroup walks. */
export const GROUP = CHUNK * CHUNKS_A_GROUP;
/** Four-byte numbers of a Link. */
const LINK_LENGTH = 6;

export const LINK_WGSL = /* wgsl */ `
struct Link {
  /** The state that enters a chunk and the one that leaves it, high and low part. */
  entry: vec2f,
  exit: vec2f,
  /** How much of a small change of the entry does not reach the exit, as a part of it. */
  lost: f32,
  unused: f32,
}
`;

/** `plus(state, step, one)`: a state of two floats after a step; `lostOver(nepers)`: 1 − e^−nepers. */
export const STATE_WGSL = /* wgsl */ `
fn plus(state: vec2f, step: f32, one: f32) -> vec2f {
  let low = state.y + step;
  let high = state.x + low;
  return vec2f(high, low - fma(high, one, -state.x));
}

fn lostOver(nepers: f32) -> f32 {
  if (nepers > 0.25) { return 1.0 - exp(-nepers); }
  // Taylor's series; the difference above would keep few digits.
  return nepers * (1.0 - nepers / 2.0 * (1.0 - nepers / 3.0 * (1.0 - nepers / 4.0 * (1.0 - nepers / 5.0 * (1.0 - nepers / 6.0)))));
}
`;

/** Operations of `plus`. */
export const PLUS_OPERATIONS = 5;

/** Workgroups along a segment of `length` samples. */
export const groupsOf = (length: number): number => Math.ceil(length / GROUP);

/** A buffer of f32 rows that hold all chunks of every segment. */
export function chunkRows(context: GpuContext, label: string, { maxLength, maxSegments }: Sizes): GPUBuffer {
  return context.numbers(label, groupsOf(maxLength) * GROUP * maxSegments);
}

/** A buffer of the links of every segment of a dispatch, or of `count` segments, all states zero. */
export function chunkLinks(
  context: GpuContext,
  label: string,
  { maxLength, maxSegments }: Sizes,
  count = maxSegments,
): GPUBuffer {
  return context.numbers(label, groupsOf(maxLength) * CHUNKS_A_GROUP * LINK_LENGTH * count);
}

export interface Sizes {
  /** Stride of the rows of buffers that come from outside. */
  readonly points: number;
  readonly maxLength: number;
  /** Segments side by side in a dispatch. */
  readonly maxSegments: number;
  /** Segments of which something is kept. */
  readonly slots: number;
}

export interface Walk {
  readonly maxLength: number;
  readonly direction: 'forwards' | 'backwards';
  /** Whether the links are those of the segment's slot, kept for its next time, instead of its place in the dispatch. */
  readonly keepsLinks?: boolean;
  /** Structures, bindings (`segments` among them, read-only) and functions. */
  readonly declarations: string;
  /** How many tiles there are: `tile0`, `tile1`. */
  readonly tiles: number;
  /** Before the walk; `own` is the index of the thread's link, `chunk` of its chunk, `length` the segment's. */
  readonly begin: string;
  /** Fills the tiles at [cell] for sample `n`, which is `inside` the segment or not; `row` is where own rows start. */
  readonly load: string;
  /** One sample of the walk, at [cell]. */
  readonly walk: string;
  /** From the tiles at [cell] into buffers, for sample `n`; only called inside the segment. */
  readonly store?: string;
  /** After the walk. */
  readonly end: string;
  /** Numbers (variables of `begin`) to be added up into `parts`, from `column` of the workgroup's row on. */
  readonly sums?: { readonly names: readonly string[]; readonly column: number; readonly partsIndex: string };
}

/** Index of a segment's first link, in code. */
const linksOf = ({ maxLength, keepsLinks = false }: Pick<Walk, 'maxLength' | 'keepsLinks'>): string =>
  `${keepsLinks ? 'segments[group.z].slot' : 'group.z'} * ${groupsOf(maxLength) * CHUNKS_A_GROUP}u`;

/** The code of a kernel that walks every chunk, {@link GROUP} samples a workgroup. */
export function walkCode(walk: Walk): string {
  const isForwards = walk.direction === 'forwards';
  const tiles = Array.from({ length: walk.tiles }, (_, i) => `tile${i}`);
  const names = walk.sums?.names ?? [];
  const part = (i: number): string => `parts[${walk.sums!.partsIndex} + ${walk.sums!.column + i}u]`;
  return /* wgsl */ `
${SEGMENT_WGSL}
${walk.declarations}
${tiles.map((tile) => `var<workgroup> ${tile}: array<f32, ${CHUNKS_A_GROUP * TILE}>;`).join('\n')}

fn cellOf(line: u32, column: u32) -> u32 { return line * ${TILE}u + ((column + line) % ${TILE}u); }

@compute @workgroup_size(${CHUNKS_A_GROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let length = segments[group.z].length;
  let first = group.x * ${GROUP}u;
  if (first >= length) {
    ${names.map((_, i) => `if (thread == 0u) { ${part(i)} = 0.0; }`).join('\n    ')}
    return;
  }
  let chunk = group.x * ${CHUNKS_A_GROUP}u + thread;
  let own = ${linksOf(walk)} + chunk;
  let row = group.z * ${groupsOf(walk.maxLength) * GROUP}u;
  ${walk.begin}
  for (var turn = 0u; turn < ${CHUNK / TILE}u; turn++) {
    let start = first + ${isForwards ? 'turn' : `(${CHUNK / TILE - 1}u - turn)`} * ${TILE}u;
    for (var i = thread; i < ${CHUNKS_A_GROUP * TILE}u; i += ${CHUNKS_A_GROUP}u) {
      let n = start + i / ${TILE}u * ${CHUNK}u + i % ${TILE}u;
      let inside = n < length;
      let cell = cellOf(i / ${TILE}u, i % ${TILE}u);
      ${walk.load}
    }
    workgroupBarrier();
    for (var i = 0u; i < ${TILE}u; i++) {
      let cell = cellOf(thread, ${isForwards ? 'i' : `${TILE - 1}u - i`});
      ${walk.walk}
    }
    workgroupBarrier();
    ${
      walk.store
        ? `for (var i = thread; i < ${CHUNKS_A_GROUP * TILE}u; i += ${CHUNKS_A_GROUP}u) {
      let n = start + i / ${TILE}u * ${CHUNK}u + i % ${TILE}u;
      let cell = cellOf(i / ${TILE}u, i % ${TILE}u);
      if (n < length) { ${walk.store} }
    }`
        : ''
    }
  }
  ${walk.end}
  ${names
    .map(
      (name, i) => /* wgsl */ `
  workgroupBarrier();
  tile0[thread] = ${name};
${workgroupSum(CHUNKS_A_GROUP, 'tile0')}
  if (thread == 0u) { ${part(i)} = tile0[0]; }`,
    )
    .join('\n')}
}`;
}

/** How far a smoother has come: for each segment whether its entries have settled, and the rounds that it took. */
export const PROGRESS_WGSL = /* wgsl */ `
struct Progress { settled: u32, rounds: u32 }
`;

/**
 * Largest change of an entry, as a part of it, that counts as none: a quarter of a float32's last place. Steps are rounded
 * to 2^-24 of themselves, differently for other entries, which leaves changes of up to 2^-30 that never end.
 */
const SETTLED_CHANGE = 2 ** -26;
/** States below this are silence. */
const SMALLEST_STATE = 1e-30;

/**
 * The kernel that chains the tangents of all chunks of a segment, one workgroup each. Bindings: the settings (of which it
 * reads the 1), segments, links and, with `progress`, that; it then holds the entries between 0 and 1 and does nothing for segments that have settled.
 */
export function chainKernel(
  context: GpuContext,
  label: string,
  walk: Pick<Walk, 'maxLength' | 'direction' | 'keepsLinks'> & { progress: boolean },
): Promise<Kernel> {
  const { maxLength, direction, progress } = walk;
  const check = (code: string): string => (progress ? code : '');
  return context.kernel(
    label,
    /* wgsl */ `
${SEGMENT_WGSL}${LINK_WGSL}${STATE_WGSL}${PROGRESS_WGSL}
@group(0) @binding(0) var<storage, read> ones: array<f32>;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
@group(0) @binding(2) var<storage, read_write> links: array<Link>;
${check('@group(0) @binding(3) var<storage, read_write> progress: array<Progress>;')}
var<workgroup> changes: array<f32, ${WORKGROUP}>;
var<workgroup> losses: array<f32, ${WORKGROUP}>;
${check('var<workgroup> moving: atomic<u32>; var<workgroup> hasSettled: u32;')}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  ${check(`
  if (thread == 0u) {
    hasSettled = progress[group.z].settled;
    atomicStore(&moving, 0u);
  }
  if (workgroupUniformLoad(&hasSettled) != 0u) { return; }`)}
  let chunks = max(1u, (segments[group.z].length + ${CHUNK - 1}u) / ${CHUNK}u);
  let base = ${linksOf(walk)}${direction === 'forwards' ? '' : ' + chunks - 1u'};
  let share = (chunks + ${WORKGROUP - 1}u) / ${WORKGROUP}u;
  let first = thread * share;
  let end = min(first + share, chunks - 1u);

  // How the entry of the first own chunk moves that of the chunk behind the last one.
  var change = 0.0;
  var lost = 0.0;
  for (var i = first; i < end; i++) {
    let link = links[base ${direction === 'forwards' ? '+' : '-'} i];
    let next = links[base ${direction === 'forwards' ? '+ i + 1u' : '- i - 1u'}].entry;
    let gap = (link.exit.x - next.x) + (link.exit.y - next.y);
    change = gap + fma(-link.lost, change, change);
    lost = fma(-lost, link.lost, lost + link.lost);
  }
  for (var reach = 1u; reach < ${WORKGROUP}u; reach <<= 1u) {
    changes[thread] = change;
    losses[thread] = lost;
    workgroupBarrier();
    if (thread >= reach) {
      let before = changes[thread - reach];
      let lostBefore = losses[thread - reach];
      change += fma(-lost, before, before);
      lost = fma(-lost, lostBefore, lost + lostBefore);
    }
    workgroupBarrier();
  }
  changes[thread] = change;
  workgroupBarrier();

  change = 0.0;
  if (thread > 0u) { change = changes[thread - 1u]; }
  for (var i = first; i < end; i++) {
    let link = links[base ${direction === 'forwards' ? '+' : '-'} i];
    let at = base ${direction === 'forwards' ? '+ i + 1u' : '- i - 1u'};
    let next = links[at].entry;
    let passed = fma(-link.lost, change, change);
    change = (link.exit.x - next.x) + (link.exit.y - next.y) + passed;
    ${check(`if (!(abs(change) <= ${SETTLED_CHANGE} * abs(link.exit.x) + ${SMALLEST_STATE})) { atomicStore(&moving, 1u); }`)}
    // From the exit, not from the old entry: where nothing changes before it, the new entry is the exit, bit for bit.
    let entry = plus(link.exit, passed, ones[0]);
    ${
      progress
        ? `let held = clamp(entry.x, 0.0, 1.0);
    links[at].entry = vec2f(held, select(0.0, entry.y, held == entry.x));`
        : 'links[at].entry = entry;'
    }
  }
  ${check(`
  workgroupBarrier();
  if (thread == 0u) {
    progress[group.z].rounds++;
    progress[group.z].settled = select(1u, 0u, atomicLoad(&moving) != 0u);
  }`)}
}`,
    // Twice along the links, which are read and in part written; between them a scan of two numbers over the threads.
    {
      items: maxLength / CHUNK,
      operations: 9 + (6 + PLUS_OPERATIONS) + (WORKGROUP * Math.log2(WORKGROUP) * 6 * CHUNK) / maxLength,
      bytes: 4 * LINK_LENGTH + 8,
    },
  );
}
