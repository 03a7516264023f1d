/**
 * Orthogonal matrices from unconstrained numbers, and the gradient back.
 *
 *   U = exp(X),  X = triu(Θ, 1) − triu(Θ, 1)ᵀ
 *
 * X is skew-symmetric, so U is a rotation (det U = 1). Exponentials by scaling and squaring of a Taylor series
 * (Higham, Functions of Matrices, 2008, §10.3). The adjoint of the Fréchet derivative at X is the Fréchet derivative
 * at Xᵀ (§3.2), which is the upper right block of exp [[Xᵀ, G], [0, Xᵀ]] (eq. 3.16).
 * Matrices are square and row-major. Non-finite entries give a matrix of NaN.
 */

/** Largest 1-norm given to the series; 14 terms then leave a remainder below 1e-21. */
const SERIES_NORM = 0.25;
const SERIES_TERMS = 14;

function sizeOf(matrix: ArrayLike<number>): number {
  const size = Math.round(Math.sqrt(matrix.length));
  if (size * size !== matrix.length)
    throw new RangeError(`A square matrix was expected, got ${matrix.length} entries.`);
  return size;
}

/** out = a·b for n×n matrices; `out` must be neither of them. */
function multiply(a: Float64Array, b: Float64Array, n: number, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const aik = a[i * n + k]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += aik * b[k * n + j]!;
    }
  }
}

function oneNorm(matrix: Float64Array, n: number): number {
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(matrix[i * n + j]!);
    norm = Math.max(norm, sum);
    if (!Number.isFinite(sum)) return NaN;
  }
  return norm;
}

function exponential(matrix: Float64Array, n: number, norm: number): Float64Array {
  if (!Number.isFinite(norm)) return new Float64Array(n * n).fill(NaN);
  const squarings = Math.max(0, Math.ceil(Math.log2(norm / SERIES_NORM)));
  const scaled = matrix.map((entry) => entry / 2 ** squarings);
  // Horner: I + A(I + A/2 (I + A/3 (...)))
  let result = new Float64Array(n * n);
  let scratch = new Float64Array(n * n);
  const addIdentity = (): void => {
    for (let i = 0; i < n; i++) result[i * n + i]! += 1;
  };
  addIdentity();
  for (let term = SERIES_TERMS; term >= 1; term--) {
    multiply(scaled, result, n, scratch);
    for (let i = 0; i < n * n; i++) scratch[i]! /= term;
    [result, scratch] = [scratch, result];
    addIdentity();
  }
  for (let i = 0; i < squarings; i++) {
    multiply(result, result, n, scratch);
    [result, scratch] = [scratch, result];
  }
  return result;
}

/** exp of a square row-major matrix. */
export function matrixExponential(matrix: ArrayLike<number>): Float64Array {
  const n = sizeOf(matrix);
  const copy = Float64Array.from(matrix);
  return exponential(copy, n, oneNorm(copy, n));
}

/** triu(Θ, 1) − triu(Θ, 1)ᵀ */
function skewFromRaw(raw: ArrayLike<number>, n: number): Float64Array {
  const skew = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      skew[i * n + j] = raw[i * n + j]!;
      skew[j * n + i] = -raw[i * n + j]!;
    }
  }
  return skew;
}

/** The rotation U of raw numbers Θ (n×n, row-major); only the strict upper triangle of Θ is read. */
export function orthogonalFromRaw(raw: ArrayLike<number>): Float64Array {
  const n = sizeOf(raw);
  const skew = skewFromRaw(raw, n);
  return exponential(skew, n, oneNorm(skew, n));
}

/**
 * Gradient of a scalar with respect to Θ, given its gradient with respect to U (both n×n, row-major).
 * Entries on and below the diagonal are 0. Linear in `gradU`.
 */
export function orthogonalAdjoint(raw: ArrayLike<number>, gradU: ArrayLike<number>): Float64Array {
  const n = sizeOf(raw);
  if (gradU.length !== n * n)
    throw new RangeError(`A gradient of ${n * n} entries was expected, got ${gradU.length}.`);
  const skew = skewFromRaw(raw, n);
  const block = new Float64Array(4 * n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const transposed = skew[j * n + i]!;
      block[i * 2 * n + j] = transposed;
      block[(n + i) * 2 * n + n + j] = transposed;
      block[i * 2 * n + n + j] = gradU[i * n + j]!;
    }
  }
  // G enters linearly, so the scaling needs only the norm of X.
  const exponentialOfBlock = exponential(block, 2 * n, oneNorm(skew, n));
  const gradRaw = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      gradRaw[i * n + j] = exponentialOfBlock[i * 2 * n + n + j]! - exponentialOfBlock[j * 2 * n + n + i]!;
    }
  }
  return gradRaw;
}
