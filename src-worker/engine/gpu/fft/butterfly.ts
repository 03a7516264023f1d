/**
 * The short transforms that long ones are made of, each within one thread's registers: code for kernels.
 *
 *   X[k] = Σ_n x[n] e^(∓2πi kn / R), − forward, + inverse; unscaled, in natural order, by halves (radix 2)
 */

/**
 * Statements that put the transform of `inputs`, expressions, into `outputs`, variables, which the inputs may be made of. R
 * is a power of two; above 8 the shader has COMPLEX_WGSL. They declare names i0, i1, … and b0, b1, …: a block is theirs.
 */
export function butterflyCode(
  inputs: readonly string[],
  outputs: readonly string[],
  inverse: boolean,
): string {
  const lines = inputs.map((input, r) => `let i${r} = ${input};`);
  const results = butterfly(
    inputs.map((_, r) => `i${r}`),
    inverse,
    lines,
  );
  return [...lines, ...outputs.map((output, r) => `${output} = ${results[r]!};`)].join('\n    ');
}

/** Appends the lines of a transform of these values; returns the names of its results. Names hold their place in it. */
function butterfly(values: readonly string[], inverse: boolean, lines: string[]): string[] {
  const count = values.length;
  if (count === 1) return [...values];
  const even = butterfly(
    values.filter((_, i) => i % 2 === 0),
    inverse,
    lines,
  );
  const odd = butterfly(
    values.filter((_, i) => i % 2 === 1),
    inverse,
    lines,
  ).map((value, k) => turned(value, k / count, inverse));
  const names = Array.from({ length: count }, (_, k) => `b${lines.length + k}`);
  even.forEach((value, k) => lines.push(`let ${names[k]!} = ${value} + ${odd[k]!};`));
  even.forEach((value, k) => lines.push(`let ${names[k + count / 2]!} = ${value} - ${odd[k]!};`));
  return names;
}

/** value · e^(∓2πi part), for a part from 0 to below ½ of a turn. */
function turned(value: string, part: number, inverse: boolean): string {
  if (part === 0) return value;
  const quarter = inverse ? `vec2f(-${value}.y, ${value}.x)` : `vec2f(${value}.y, -${value}.x)`;
  if (part === 1 / 4) return quarter;
  if (part === 1 / 8) return `${Math.SQRT1_2} * (${value} + ${quarter})`;
  if (part === 3 / 8) return `${Math.SQRT1_2} * (${quarter} - ${value})`;
  const angle = 2 * Math.PI * part;
  return `times(vec2f(${Math.cos(angle)}, ${inverse ? Math.sin(angle) : -Math.sin(angle)}), ${value})`;
}
