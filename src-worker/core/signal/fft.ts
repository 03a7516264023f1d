/**
 * Discrete Fourier transforms of any length, float64, split real and imaginary arrays.
 *
 *   forward  X[k] = Σ_n x[n] e^{−2πi kn/N}        inverse  x[n] = 1/N Σ_k X[k] e^{+2πi kn/N}
 *
 * Lengths made of 2, 3, 5 and 7: Stockham autosort, decimation in frequency, radices 2, 3, 4, 5, 7 (Van Loan,
 * Computational Frameworks for the FFT, 1992, §1.7). Other lengths: Bluestein's chirp convolution of a power of two.
 * Real transforms of even length run one complex transform of half the length.
 * A plan owns its tables and its work space (about 48 bytes per point): keep it as long as it is used, and do not
 * share it between threads.
 */

/** A complex transform of fixed length, in place. */
export interface ComplexFft {
  readonly length: number;
  forward(re: Float64Array, im: Float64Array): void;
  /** Divides by the length. */
  inverse(re: Float64Array, im: Float64Array): void;
}

/** A transform of real signals of fixed length N; spectra have N/2+1 bins (rounded down). */
export interface RealFft {
  readonly length: number;
  readonly bins: number;
  /** Reads N samples of x, writes `bins` numbers to each of re and im. */
  forward(x: Float64Array, re: Float64Array, im: Float64Array): void;
  /**
   * Writes N samples. The spectrum is taken as half of a conjugate-symmetric one: the imaginary part at 0 Hz, and for
   * even N at Nyquist, is ignored. Leaves re and im as they are.
   */
  inverse(re: Float64Array, im: Float64Array, x: Float64Array): void;
}

/** Weight of bin b in an inverse real transform of even length N, w_b / N: 1/N at 0 Hz and Nyquist, 2/N elsewhere. */
export function binWeight(bin: number, lengthSamples: number): number {
  return (bin === 0 || 2 * bin === lengthSamples ? 1 : 2) / lengthSamples;
}

const RADICES = [4, 2, 3, 5, 7] as const;

/** Radices whose product is `length`, or undefined if another prime divides it. */
function factorise(length: number): number[] | undefined {
  const factors: number[] = [];
  let rest = length;
  for (const radix of RADICES) {
    while (rest % radix === 0) {
      factors.push(radix);
      rest /= radix;
    }
  }
  return rest === 1 ? factors : undefined;
}

/** Smallest length ≥ `minimum` (and even) that transforms fast. */
export function fastLength(minimum: number): number {
  let length = Math.max(2, Math.ceil(minimum));
  length += length % 2;
  while (factorise(length) === undefined) length += 2;
  return length;
}

function requireLength(length: number): void {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`A transform needs a positive whole length, got ${length}.`);
}

/** e^{−2πi k/length} for k = 0..count−1. */
function roots(length: number, count: number): Roots {
  const cos = new Float64Array(count);
  const sin = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const angle = (-2 * Math.PI * k) / length;
    cos[k] = Math.cos(angle);
    sin[k] = Math.sin(angle);
  }
  return { cos, sin };
}

/** A complex transform. Throws a RangeError unless `length` is a positive integer. */
export function complexFft(length: number): ComplexFft {
  requireLength(length);
  const factors = factorise(length);
  const forward = factors ? stockham(length, factors) : bluestein(length);
  return {
    length,
    forward,
    inverse(re, im) {
      // conj(DFT(conj X)) by exchanging real and imaginary parts.
      forward(im, re);
      const scale = 1 / length;
      for (let n = 0; n < length; n++) {
        re[n]! *= scale;
        im[n]! *= scale;
      }
    },
  };
}

type InPlace = (re: Float64Array, im: Float64Array) => void;

/**
 * One pass turns sub-transforms of length `n` at stride `s` (n·s = N, r·m = n) into ones of length m at stride r·s:
 *
 *   y[q + s(r p + t)] = w_n^{p t} Σ_k x[q + s(p + k m)] w_r^{k t},   p < m, q < s, t < r
 */
type Pass = (
  m: number,
  s: number,
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  roots: Roots,
) => void;

/** Roots of the whole length N: w_n^{pt} is entry p·t·s. */
interface Roots {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

const pass2: Pass = (m, s, xr, xi, yr, yi, { cos, sin }) => {
  const half = s * m;
  for (let p = 0; p < m; p++) {
    const wr = cos[p * s]!;
    const wi = sin[p * s]!;
    for (let q = 0; q < s; q++) {
      const i = q + s * p;
      const o = q + s * 2 * p;
      const ar = xr[i]!;
      const ai = xi[i]!;
      const br = xr[i + half]!;
      const bi = xi[i + half]!;
      const dr = ar - br;
      const di = ai - bi;
      yr[o] = ar + br;
      yi[o] = ai + bi;
      yr[o + s] = dr * wr - di * wi;
      yi[o + s] = dr * wi + di * wr;
    }
  }
};

const SIN_3 = Math.sin((2 * Math.PI) / 3);

const pass3: Pass = (m, s, xr, xi, yr, yi, { cos, sin }) => {
  const third = s * m;
  for (let p = 0; p < m; p++) {
    const w1r = cos[p * s]!;
    const w1i = sin[p * s]!;
    const w2r = cos[2 * p * s]!;
    const w2i = sin[2 * p * s]!;
    for (let q = 0; q < s; q++) {
      const i = q + s * p;
      const o = q + s * 3 * p;
      const ar = xr[i]!;
      const ai = xi[i]!;
      const br = xr[i + third]!;
      const bi = xi[i + third]!;
      const cr = xr[i + 2 * third]!;
      const ci = xi[i + 2 * third]!;
      const sumR = br + cr;
      const sumI = bi + ci;
      const midR = ar - 0.5 * sumR;
      const midI = ai - 0.5 * sumI;
      // −i · sin(2π/3) · (b − c)
      const rotR = SIN_3 * (bi - ci);
      const rotI = -SIN_3 * (br - cr);
      const t1r = midR + rotR;
      const t1i = midI + rotI;
      const t2r = midR - rotR;
      const t2i = midI - rotI;
      yr[o] = ar + sumR;
      yi[o] = ai + sumI;
      yr[o + s] = t1r * w1r - t1i * w1i;
      yi[o + s] = t1r * w1i + t1i * w1r;
      yr[o + 2 * s] = t2r * w2r - t2i * w2i;
      yi[o + 2 * s] = t2r * w2i + t2i * w2r;
    }
  }
};

const pass4: Pass = (m, s, xr, xi, yr, yi, { cos, sin }) => {
  const quarter = s * m;
  for (let p = 0; p < m; p++) {
    const w1r = cos[p * s]!;
    const w1i = sin[p * s]!;
    const w2r = cos[2 * p * s]!;
    const w2i = sin[2 * p * s]!;
    const w3r = cos[3 * p * s]!;
    const w3i = sin[3 * p * s]!;
    for (let q = 0; q < s; q++) {
      const i = q + s * p;
      const o = q + s * 4 * p;
      const ar = xr[i]!;
      const ai = xi[i]!;
      const br = xr[i + quarter]!;
      const bi = xi[i + quarter]!;
      const cr = xr[i + 2 * quarter]!;
      const ci = xi[i + 2 * quarter]!;
      const dr = xr[i + 3 * quarter]!;
      const di = xi[i + 3 * quarter]!;
      const acR = ar + cr;
      const acI = ai + ci;
      const bdR = br + dr;
      const bdI = bi + di;
      const amcR = ar - cr;
      const amcI = ai - ci;
      // −i (b − d)
      const rotR = bi - di;
      const rotI = dr - br;
      const t1r = amcR + rotR;
      const t1i = amcI + rotI;
      const t2r = acR - bdR;
      const t2i = acI - bdI;
      const t3r = amcR - rotR;
      const t3i = amcI - rotI;
      yr[o] = acR + bdR;
      yi[o] = acI + bdI;
      yr[o + s] = t1r * w1r - t1i * w1i;
      yi[o + s] = t1r * w1i + t1i * w1r;
      yr[o + 2 * s] = t2r * w2r - t2i * w2i;
      yi[o + 2 * s] = t2r * w2i + t2i * w2r;
      yr[o + 3 * s] = t3r * w3r - t3i * w3i;
      yi[o + 3 * s] = t3r * w3i + t3i * w3r;
    }
  }
};

/** Any odd radix: pairs (x_k ± x_{r−k}) halve the products. */
function oddPass(r: number): Pass {
  const half = (r - 1) / 2;
  const { cos: rootCos, sin: rootSin } = roots(r, r);
  const sumR = new Float64Array(half + 1);
  const sumI = new Float64Array(half + 1);
  const difR = new Float64Array(half + 1);
  const difI = new Float64Array(half + 1);
  return (m, s, xr, xi, yr, yi, { cos, sin }) => {
    const part = s * m;
    for (let p = 0; p < m; p++) {
      for (let q = 0; q < s; q++) {
        const i = q + s * p;
        const o = q + s * r * p;
        const ar = xr[i]!;
        const ai = xi[i]!;
        let totalR = ar;
        let totalI = ai;
        for (let k = 1; k <= half; k++) {
          const low = i + k * part;
          const high = i + (r - k) * part;
          sumR[k] = xr[low]! + xr[high]!;
          sumI[k] = xi[low]! + xi[high]!;
          difR[k] = xr[low]! - xr[high]!;
          difI[k] = xi[low]! - xi[high]!;
          totalR += sumR[k]!;
          totalI += sumI[k]!;
        }
        yr[o] = totalR;
        yi[o] = totalI;
        for (let t = 1; t <= half; t++) {
          let evenR = ar;
          let evenI = ai;
          let oddR = 0;
          let oddI = 0;
          for (let k = 1; k <= half; k++) {
            const c = rootCos[(k * t) % r]!;
            const d = rootSin[(k * t) % r]!;
            evenR += c * sumR[k]!;
            evenI += c * sumI[k]!;
            // i · d · (x_k − x_{r−k})
            oddR -= d * difI[k]!;
            oddI += d * difR[k]!;
          }
          const wr = cos[p * t * s]!;
          const wi = sin[p * t * s]!;
          const vr = cos[p * (r - t) * s]!;
          const vi = sin[p * (r - t) * s]!;
          const tr = evenR + oddR;
          const ti = evenI + oddI;
          const ur = evenR - oddR;
          const ui = evenI - oddI;
          yr[o + t * s] = tr * wr - ti * wi;
          yi[o + t * s] = tr * wi + ti * wr;
          yr[o + (r - t) * s] = ur * vr - ui * vi;
          yi[o + (r - t) * s] = ur * vi + ui * vr;
        }
      }
    }
  };
}

function passOfRadix(radix: number): Pass {
  switch (radix) {
    case 2:
      return pass2;
    case 3:
      return pass3;
    case 4:
      return pass4;
    default:
      return oddPass(radix);
  }
}

function stockham(length: number, factors: readonly number[]): InPlace {
  const table = roots(length, length);
  const passes = factors.map((radix) => ({ radix, pass: passOfRadix(radix) }));
  const workRe = new Float64Array(length);
  const workIm = new Float64Array(length);
  return (re, im) => {
    let [xr, xi, yr, yi]: Float64Array[] = [re, im, workRe, workIm];
    let s = 1;
    let n = length;
    for (const { radix, pass } of passes) {
      const m = n / radix;
      pass(m, s, xr, xi, yr, yi, table);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      n = m;
      s *= radix;
    }
    if (xr !== re) {
      re.set(xr);
      im.set(xi);
    }
  };
}

/**
 * kn = (k² + n² − (k−n)²)/2 turns the transform into a convolution with the chirp e^{iπ n²/N}
 * (Bluestein, IEEE Trans. Audio Electroacoust. 18, 1970).
 */
function bluestein(length: number): InPlace {
  const padded = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const inner = complexFft(padded);
  const chirpCos = new Float64Array(length);
  const chirpSin = new Float64Array(length);
  const kernelRe = new Float64Array(padded);
  const kernelIm = new Float64Array(padded);
  for (let n = 0; n < length; n++) {
    // n² mod 2N keeps the angle small; exact up to n = 9e7.
    const angle = (Math.PI * ((n * n) % (2 * length))) / length;
    chirpCos[n] = Math.cos(angle);
    chirpSin[n] = -Math.sin(angle);
    kernelRe[n] = kernelRe[(padded - n) % padded] = Math.cos(angle);
    kernelIm[n] = kernelIm[(padded - n) % padded] = Math.sin(angle);
  }
  inner.forward(kernelRe, kernelIm);
  const workRe = new Float64Array(padded);
  const workIm = new Float64Array(padded);
  return (re, im) => {
    workRe.fill(0);
    workIm.fill(0);
    for (let n = 0; n < length; n++) {
      workRe[n] = re[n]! * chirpCos[n]! - im[n]! * chirpSin[n]!;
      workIm[n] = re[n]! * chirpSin[n]! + im[n]! * chirpCos[n]!;
    }
    inner.forward(workRe, workIm);
    for (let k = 0; k < padded; k++) {
      const a = workRe[k]!;
      const b = workIm[k]!;
      workRe[k] = a * kernelRe[k]! - b * kernelIm[k]!;
      workIm[k] = a * kernelIm[k]! + b * kernelRe[k]!;
    }
    inner.inverse(workRe, workIm);
    for (let n = 0; n < length; n++) {
      re[n] = workRe[n]! * chirpCos[n]! - workIm[n]! * chirpSin[n]!;
      im[n] = workRe[n]! * chirpSin[n]! + workIm[n]! * chirpCos[n]!;
    }
  };
}

/** A transform of real signals. Throws a RangeError unless `length` is a positive integer. */
export function realFft(length: number): RealFft {
  requireLength(length);
  return length % 2 === 0 ? evenRealFft(length) : oddRealFft(length);
}

function evenRealFft(length: number): RealFft {
  const half = length / 2;
  const plan = complexFft(half);
  const workRe = new Float64Array(half);
  const workIm = new Float64Array(half);
  const { cos, sin } = roots(length, Math.floor(half / 2) + 1);
  return {
    length,
    bins: half + 1,
    forward(x, re, im) {
      for (let n = 0; n < half; n++) {
        workRe[n] = x[2 * n]!;
        workIm[n] = x[2 * n + 1]!;
      }
      plan.forward(workRe, workIm);
      // Z = E + iO with E, O the transforms of even and odd samples; X[k] = E[k] + w^k O[k].
      for (let k = 0; k <= half - k; k++) {
        const mirror = half - k;
        const zr = workRe[k]!;
        const zi = workIm[k]!;
        const yr = workRe[mirror % half]!;
        const yi = -workIm[mirror % half]!;
        const er = 0.5 * (zr + yr);
        const ei = 0.5 * (zi + yi);
        const or = 0.5 * (zi - yi);
        const oi = -0.5 * (zr - yr);
        const tr = cos[k]! * or - sin[k]! * oi;
        const ti = cos[k]! * oi + sin[k]! * or;
        re[k] = er + tr;
        im[k] = ei + ti;
        re[mirror] = er - tr;
        im[mirror] = ti - ei;
      }
      im[0] = 0;
      im[half] = 0;
    },
    inverse(re, im, x) {
      for (let k = 0; k <= half - k; k++) {
        const mirror = half - k;
        const edge = k === 0;
        const ar = re[k]!;
        const ai = edge ? 0 : im[k]!;
        const br = re[mirror]!;
        const bi = edge ? 0 : -im[mirror]!;
        const er = 0.5 * (ar + br);
        const ei = 0.5 * (ai + bi);
        const dr = 0.5 * (ar - br);
        const di = 0.5 * (ai - bi);
        // O[k] = w^{−k} (X[k] − conj X[N/2−k]) / 2
        const or = cos[k]! * dr + sin[k]! * di;
        const oi = cos[k]! * di - sin[k]! * dr;
        if (mirror < half) {
          workRe[mirror] = er + oi;
          workIm[mirror] = or - ei;
        }
        workRe[k] = er - oi;
        workIm[k] = ei + or;
      }
      plan.inverse(workRe, workIm);
      for (let n = 0; n < half; n++) {
        x[2 * n] = workRe[n]!;
        x[2 * n + 1] = workIm[n]!;
      }
    },
  };
}

function oddRealFft(length: number): RealFft {
  const plan = complexFft(length);
  const bins = (length - 1) / 2 + 1;
  const workRe = new Float64Array(length);
  const workIm = new Float64Array(length);
  return {
    length,
    bins,
    forward(x, re, im) {
      for (let n = 0; n < length; n++) workRe[n] = x[n]!;
      workIm.fill(0);
      plan.forward(workRe, workIm);
      for (let k = 0; k < bins; k++) {
        re[k] = workRe[k]!;
        im[k] = workIm[k]!;
      }
      im[0] = 0;
    },
    inverse(re, im, x) {
      workRe[0] = re[0]!;
      workIm[0] = 0;
      for (let k = 1; k < bins; k++) {
        workRe[k] = workRe[length - k] = re[k]!;
        workIm[k] = im[k]!;
        workIm[length - k] = -im[k]!;
      }
      plan.inverse(workRe, workIm);
      for (let n = 0; n < length; n++) x[n] = workRe[n]!;
    },
  };
}
