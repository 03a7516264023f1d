/**
 * Kernels whose every thread has one bin and many numbers that are to be summed over all bins: the part that all of them
 * share. A workgroup hands its numbers through memory some at a time and writes one sum of each; {@link Sums} does the rest.
 */
export const BIN_THREADS = 64;
/** Numbers handed over at a time, and one more so that threads write to different banks. */
const AT_ONCE = 42;
const STRIDE = AT_ONCE + 1;

/** What {@link binSumsMain} has each bin add to whatever its body does: operations, and bytes of the parts. */
export const binSumsWork = (width: number): { operations: number; bytes: number } => ({
  operations: width,
  bytes: (4 * width) / BIN_THREADS,
});

/**
 * A kernel's entry point. `width`: numbers a bin; `body` is WGSL that has `bin` (below `bins`) and fills
 * `sums: array<f32, width>`, which starts as zero. Needs `parts: array<f32>` bound for writing, f32[bins / 64][width].
 */
export function binSumsMain(width: number, body: string): string {
  const turns = Array.from({ length: Math.ceil(width / AT_ONCE) }, (_, turn) => {
    const first = turn * AT_ONCE;
    const count = Math.min(AT_ONCE, width - first);
    return `
  for (var i = 0u; i < ${count}u; i++) { handed[thread * ${STRIDE}u + i] = sums[${first}u + i]; }
  workgroupBarrier();
  if (thread < ${count}u) {
    var sum = 0.0;
    for (var i = 0u; i < ${BIN_THREADS}u; i++) { sum += handed[i * ${STRIDE}u + thread]; }
    parts[group.x * ${width}u + ${first}u + thread] = sum;
  }
  workgroupBarrier();`;
  });
  return /* wgsl */ `
var<workgroup> handed: array<f32, ${BIN_THREADS * STRIDE}>;

@compute @workgroup_size(${BIN_THREADS})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  let bin = group.x * ${BIN_THREADS}u + thread;
  var sums: array<f32, ${width}>;
${body}
${turns.join('\n')}
}`;
}
