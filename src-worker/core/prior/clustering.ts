/**
 * Hierarchical clustering by Ward's method: at each step those two clusters are joined that raise the sum of squared
 * distances within clusters least.
 *
 *   d(k, i∪j)² = ((n_k + n_i) d(k,i)² + (n_k + n_j) d(k,j)² − n_k d(i,j)²) / (n_k + n_i + n_j)
 *
 * Source: Ward, J. Am. Stat. Assoc. 58 (1963); Lance & Williams, Comput. J. 9 (1967). Heights are distances, not squares.
 */

export interface Merge {
  /** Clusters 0..n−1 are the items; n + m is what merge m made. */
  readonly first: number;
  readonly second: number;
  /** Distance at which they were joined. */
  readonly height: number;
}

/** The n − 1 merges, lowest first, of `distances` n×n (symmetric; the lower triangle counts). */
export function wardClustering(distances: Float64Array, n: number): Merge[] {
  const square = Float64Array.from({ length: n * n }, (_, at) => {
    const i = Math.floor(at / n);
    const j = at % n;
    return (i >= j ? distances[at] : distances[j * n + i]) ** 2;
  });
  const size = new Float64Array(n).fill(1);
  const label = Array.from({ length: n }, (_, i) => i);
  const alive = new Set(label);
  const merges: Merge[] = [];
  while (alive.size > 1) {
    let best = Infinity;
    let at: readonly [number, number] = [0, 0];
    for (const i of alive)
      for (const j of alive) {
        if (j >= i) break;
        if (square[i * n + j] < best) {
          best = square[i * n + j];
          at = [j, i];
        }
      }
    const [keep, drop] = at;
    merges.push({
      first: Math.min(label[keep], label[drop]),
      second: Math.max(label[keep], label[drop]),
      height: Math.sqrt(Math.max(0, best)),
    });
    alive.delete(drop);
    for (const k of alive) {
      if (k === keep) continue;
      const joined =
        ((size[k] + size[keep]) * square[k * n + keep] +
          (size[k] + size[drop]) * square[k * n + drop] -
          size[k] * best) /
        (size[k] + size[keep] + size[drop]);
      square[k * n + keep] = square[keep * n + k] = joined;
    }
    size[keep] += size[drop];
    label[keep] = n + merges.length - 1;
  }
  return merges;
}

/** Items from left to right under a dendrogram without crossings; the cluster that was joined lower comes first. */
export function dendrogramOrder(merges: readonly Merge[], n: number): number[] {
  const order: number[] = [];
  const heightOf = (cluster: number): number => (cluster < n ? 0 : merges[cluster - n].height);
  const pending = [merges.length > 0 ? n + merges.length - 1 : 0];
  while (pending.length > 0) {
    const cluster = pending.pop()!;
    if (cluster < n) {
      order.push(cluster);
      continue;
    }
    const { first, second } = merges[cluster - n];
    const swap = heightOf(second) < heightOf(first);
    pending.push(swap ? first : second, swap ? second : first);
  }
  return order;
}

/** 1 − |ρ|: parameters that move together, or against each other, are near. */
export function correlationDistances(rho: Float64Array): Float64Array {
  return rho.map((value) => 1 - Math.min(1, Math.abs(value)));
}
