/**
 * The normal and the chi-square distribution.
 *
 * Φ: Hart's rational form as given by G. West, Better approximations to cumulative normal functions (2005), within 1e-15.
 * Φ⁻¹: M. J. Wichura, Algorithm AS 241 (1988), within 1e-15 relative.
 * χ²: the regularised incomplete gamma function by its series and by its continued fraction (Abramowitz & Stegun 6.5.29, 6.5.31).
 */
import type { Random } from '../optimise/random.ts';

const polynomial = (coefficients: readonly number[], x: number): number => {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
};

const HART_ABOVE = [
  220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383, 6.37396220353165, 0.700383064443688,
  3.52624965998911e-2,
];
const HART_BELOW = [
  440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674, 86.7807322029461, 16.064177579207,
  1.75566716318264, 8.83883476483184e-2,
];

/** Φ(x): the part of a standard normal distribution below x. */
export function normalCdf(x: number): number {
  const distance = Math.abs(x);
  const density = Math.exp((-distance * distance) / 2);
  let beyond: number;
  if (distance < 7.071_067_811_865_47)
    beyond = (density * polynomial(HART_ABOVE, distance)) / polynomial(HART_BELOW, distance);
  else {
    let fraction = distance;
    for (let k = 24; k >= 1; k--) fraction = distance + k / fraction;
    beyond = density / (fraction * Math.sqrt(2 * Math.PI));
  }
  return x > 0 ? 1 - beyond : beyond;
}

/** log of the standard normal density. */
export const logNormalDensity = (x: number): number => -0.5 * (x * x + Math.log(2 * Math.PI));

const MIDDLE = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
  ],
] as const;
const NEAR_TAIL = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
    1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
] as const;
const FAR_TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
] as const;

/** Φ⁻¹(p); ∓Infinity at 0 and 1. Throws a RangeError outside. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`A probability lies between 0 and 1; this one is ${p}.`);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(MIDDLE[0], r)) / polynomial(MIDDLE[1], r);
  }
  const tail = Math.min(p, 1 - p);
  if (tail === 0) return q < 0 ? -Infinity : Infinity;
  const r = Math.sqrt(-Math.log(tail));
  const distance =
    r <= 5
      ? polynomial(NEAR_TAIL[0], r - 1.6) / polynomial(NEAR_TAIL[1], r - 1.6)
      : polynomial(FAR_TAIL[0], r - 5) / polynomial(FAR_TAIL[1], r - 5);
  return q < 0 ? -distance : distance;
}

/**
 * A draw from a normal distribution cut off at ±`limit` standard deviations and stretched so that its variance is 1 all
 * the same; its largest magnitude is therefore a little above `limit` (3.04 for 3).
 */
export function truncatedNormal(random: Random, limit: number): number {
  const below = normalCdf(-limit);
  const inside = 1 - 2 * below;
  const variance = 1 - (2 * limit * Math.exp((-limit * limit) / 2)) / (Math.sqrt(2 * Math.PI) * inside);
  return normalQuantile(below + random.uniform() * inside) / Math.sqrt(variance);
}

/** log Γ(x) for x > 0: Stirling's series after recurrence up to x ≥ 12. */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 12) shift += Math.log(at++);
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Part of a chi-square distribution with `degrees` degrees of freedom that lies below x. */
export function chiSquareCdf(x: number, degrees: number): number {
  if (x <= 0) return 0;
  if (x === Infinity) return 1;
  const a = degrees / 2;
  const y = x / 2;
  const front = Math.exp(a * Math.log(y) - y - logGamma(a));
  if (y < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && term > 1e-17 * sum; n++) {
      term *= y / (a + n);
      sum += term;
    }
    return Math.min(1, front * sum);
  }
  // Lentz's method for the continued fraction of the part above x.
  let b = y + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return Math.max(0, 1 - front * h);
}
