/** A blind comparison's order and what it says in the end; free of sound, so that it can be tested. */

/** `items` in random order (Fisher and Yates). @param random 0 ≤ x < 1, evenly spread */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** 0 ≤ x < 1 from the system's own source of randomness. */
export function systemRandom(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/**
 * How likely it is that someone without a preference chooses one of two at least so unevenly: twice the upper tail of the
 * binomial distribution, p = ½. 1 for no choices at all.
 */
export function evenChoiceProbability(first: number, second: number): number {
  const n = first + second;
  const most = Math.max(first, second);
  // C(n, k) / 2ⁿ, one k after another.
  let term = 0.5 ** n;
  let tail = 0;
  for (let k = 0; k <= n; k++) {
    if (k >= most) tail += term;
    term *= (n - k) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

/** One sentence about a tally of two: how sure the preference is. */
export function certaintyText(first: number, second: number): string {
  const n = first + second;
  if (n < 6)
    return `${n === 1 ? 'One round' : `${n} rounds`} can be chance: six of six alike would be the least to go by.`;
  const probability = evenChoiceProbability(first, second);
  const text = probability < 0.001 ? 'p < 0.001' : `p = ${probability.toFixed(3)}`;
  if (probability <= 0.05) return `That is hardly chance (${text}).`;
  return `That may be chance (${text}); more rounds would tell.`;
}
