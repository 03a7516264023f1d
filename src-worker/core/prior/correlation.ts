/**
 * How parameters go together.
 *
 * Spearman's ρ: the correlation of ranks, ties sharing their mean rank (Spearman 1904). It does not change under the rising
 * maps from raw values to what the chain uses, so it is the same for both; only the attack, release and averaging *times*
 * fall where their coefficients rise.
 */
import { EFFECT_GROUPS, effectGroupOf, isReverbNetwork, type EffectGroup } from './dimensions.ts';
import { column, correlationOf, covarianceOf, meanOf, type Rows } from './moments.ts';

/** Ranks 1..n, equal values sharing the mean of theirs. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

/** Spearman's ρ of every pair of dimensions; 0 with a dimension that never changes, 1 on the diagonal. */
export function spearmanOf(rows: Rows): Float64Array {
  const data = new Float64Array(rows.data.length);
  for (let i = 0; i < rows.dimensions; i++)
    ranksOf(column(rows, i)).forEach((rank, row) => {
      data[row * rows.dimensions + i] = rank;
    });
  const ranked: Rows = { ...rows, data };
  return correlationOf(covarianceOf(ranked, meanOf(ranked)), rows.dimensions);
}

export interface CorrelatedPair {
  readonly a: string;
  readonly b: string;
  readonly rho: number;
}

/**
 * The pairs of largest |ρ|, largest first. Pairs within the reverb's network (its gains, decay and mixing) are left out:
 * neighbouring decay times move together by construction.
 */
export function largestCorrelations(
  rho: Float64Array,
  ids: readonly string[],
  count: number,
): CorrelatedPair[] {
  const pairs: CorrelatedPair[] = [];
  ids.forEach((a, i) => {
    for (let j = i + 1; j < ids.length; j++)
      if (!(isReverbNetwork(a) && isReverbNetwork(ids[j])))
        pairs.push({ a, b: ids[j], rho: rho[i * ids.length + j] });
  });
  return pairs.sort((x, y) => Math.abs(y.rho) - Math.abs(x.rho)).slice(0, count);
}

export interface EffectCorrelation {
  readonly a: EffectGroup;
  readonly b: EffectGroup;
  /** Mean |ρ| over all pairs of different parameters, one of each effect; null where there is no pair. */
  readonly meanAbsolute: number | null;
}

/** Effect by effect, each pair once and each effect with itself, in signal order. */
export function effectCorrelations(rho: Float64Array, ids: readonly string[]): EffectCorrelation[] {
  const members = EFFECT_GROUPS.map(({ name }) => ({
    name,
    places: ids.flatMap((id, i) => (effectGroupOf(id) === name ? [i] : [])),
  })).filter(({ places }) => places.length > 0);
  return members.flatMap(({ name: a, places: first }, at) =>
    members.slice(at).map(({ name: b, places: second }) => {
      let sum = 0;
      let count = 0;
      for (const i of first)
        for (const j of second)
          if (i !== j) {
            sum += Math.abs(rho[i * ids.length + j]);
            count++;
          }
      return { a, b, meanAbsolute: count > 0 ? sum / count : null };
    }),
  );
}
