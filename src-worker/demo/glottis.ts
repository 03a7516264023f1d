/**
 * The voice source: the derivative of the air flow through the vocal folds, period by period, after the LF model
 * (Fant, Liljencrants & Lin, A four-parameter model of glottal flow, STL-QPSR 4/1985). With time in periods, t = 0..1:
 *
 *   e(t) = E0 exp(αt) sin(π t / tp)                          while the folds are open, t ≤ te, with e(te) = −1
 *   e(t) = −(exp(−ε(t − te)) − exp(−ε(1 − te))) / (ε ta)     while they close, t > te
 *
 * ε makes the two agree at te, and α makes the flow come back to zero. tp, te, ta follow from one number, Rd (Fant, The
 * LF-model revisited, STL-QPSR 2-3/1995, eq. 2-4): 0.5 is pressed and bright, 1 normal, 2 soft and dark.
 */

const BISECTIONS = 60;
const SMALLEST_ALPHA = -60;
const LARGEST_ALPHA = 200;
const NEWTON_STEPS = 30;

/** One period's shape: e at t = 0..1. */
export type GlottalPulse = (t: number) => number;

/** The pulse of Rd = 0.3..2.7, most negative value −1. */
export function glottalPulse(rd: number): GlottalPulse {
  const ra = (-1 + 4.8 * rd) / 100;
  const rk = (22.4 + 11.8 * rd) / 100;
  const rg = rk / (4 * ((0.11 * rd) / (0.5 + 1.2 * rk) - ra));
  const tp = 1 / (2 * rg);
  const te = tp * (1 + rk);
  const ta = ra;
  const omega = Math.PI / tp;
  const closing = 1 - te;
  let epsilon = 1 / ta;
  for (let i = 0; i < NEWTON_STEPS; i++) epsilon = (1 - Math.exp(-epsilon * closing)) / ta;
  const atEnd = Math.exp(-epsilon * closing);
  const closingArea = -((1 - atEnd) / epsilon - closing * atEnd) / (epsilon * ta);
  // ∫ exp(α(t − te)) sin ωt over the open phase, divided by −sin ω te so that e(te) = −1.
  const openArea = (alpha: number): number => {
    const atClosure = alpha * Math.sin(omega * te) - omega * Math.cos(omega * te);
    const integral = (atClosure + omega * Math.exp(-alpha * te)) / (alpha * alpha + omega * omega);
    return -integral / Math.sin(omega * te);
  };
  let [low, high] = [SMALLEST_ALPHA, LARGEST_ALPHA];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (openArea(middle) + closingArea > 0) low = middle;
    else high = middle;
  }
  const alpha = (low + high) / 2;
  const scale = -1 / Math.sin(omega * te);
  return (t) =>
    t <= te
      ? scale * Math.exp(alpha * (t - te)) * Math.sin(omega * t)
      : -(Math.exp(-epsilon * (t - te)) - atEnd) / (epsilon * ta);
}
