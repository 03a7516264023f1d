/**
 * Small dense linear algebra in float64: what a few hundred dimensions need, nothing more.
 *
 * A square matrix of size n is a Float64Array of n², row by row. Nothing here changes its arguments.
 * Sources: Golub & Van Loan, Matrix Computations, 4th ed.: 4.2 (Cholesky), 8.5 (cyclic Jacobi).
 */

const SWEEPS = 60;

/** Lower triangle L with A = L Lᵀ of a symmetric matrix, zeros above; null unless A is positive definite. */
export function cholesky(a: Float64Array, n: number): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      // Below this part of the diagonal there is only rounding left.
      else if (sum > 1e-13 * a[i * n + i]) l[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return l;
}

/** x with L x = b. */
export function forwardSolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * x[k];
    x[i] = sum / l[i * n + i];
  }
  return x;
}

/** x with Lᵀ x = b. */
export function backSolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i];
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i] * x[k];
    x[i] = sum / l[i * n + i];
  }
  return x;
}

/** log det A of A = L Lᵀ. */
export function logDeterminant(l: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += 2 * Math.log(l[i * n + i]);
  return sum;
}

/** Entries at the given rows and columns, in that order. */
export function submatrix(
  a: Float64Array,
  n: number,
  rows: readonly number[],
  columns: readonly number[],
): Float64Array {
  const part = new Float64Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      part[i * columns.length + j] = a[row * n + column];
    });
  });
  return part;
}

export interface Eigen {
  /** Largest first. */
  readonly values: Float64Array;
  /** Row k is the unit vector of value k; its entry of largest magnitude is positive. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and vectors of a symmetric matrix by cyclic Jacobi rotations, accurate to rounding relative to the largest
 * value. Only the lower triangle counts. Throws a RangeError for entries that are not finite.
 */
export function symmetricEigen(a: Float64Array, n: number): Eigen {
  const s = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const value = a[i * n + j];
      if (!Number.isFinite(value)) throw new RangeError(`Entry (${i}, ${j}) of the matrix is ${value}.`);
      s[i * n + j] = s[j * n + i] = value;
      largest = Math.max(largest, Math.abs(value));
    }
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const negligible = 1e-17 * largest;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        const off = s[p * n + q];
        if (Math.abs(off) <= negligible) continue;
        rotated = true;
        const theta = (s[q * n + q] - s[p * n + p]) / (2 * off);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cos = 1 / Math.sqrt(t * t + 1);
        const sin = t * cos;
        rotateRows(s, n, p, q, cos, sin);
        rotateColumns(s, n, p, q, cos, sin);
        s[p * n + q] = s[q * n + p] = 0;
        rotateRows(v, n, p, q, cos, sin);
      }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => s[j * n + j] - s[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((source, k) => {
    const vector = v.subarray(source * n, (source + 1) * n);
    let peak = 0;
    for (const entry of vector) if (Math.abs(entry) > Math.abs(peak)) peak = entry;
    for (let i = 0; i < n; i++) vectors[k * n + i] = peak < 0 ? -vector[i] : vector[i];
  });
  return { values: Float64Array.from(order, (i) => s[i * n + i]), vectors };
}

/** Rows p and q become cos·p − sin·q and sin·p + cos·q. */
function rotateRows(m: Float64Array, n: number, p: number, q: number, cos: number, sin: number): void {
  const a = p * n;
  const b = q * n;
  for (let k = 0; k < n; k++) {
    const x = m[a + k];
    const y = m[b + k];
    m[a + k] = cos * x - sin * y;
    m[b + k] = sin * x + cos * y;
  }
}

function rotateColumns(m: Float64Array, n: number, p: number, q: number, cos: number, sin: number): void {
  for (let k = 0; k < n * n; k += n) {
    const x = m[k + p];
    const y = m[k + q];
    m[k + p] = cos * x - sin * y;
    m[k + q] = sin * x + cos * y;
  }
}
