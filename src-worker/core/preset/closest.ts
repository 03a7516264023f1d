/** The words a person may have meant, for messages about names that do not exist. */

/** Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, beforeLast[j - 2] + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length];
}

/** Up to `limit` of `known` that resemble `word`, the nearest first; empty if none is near. */
export function closestMatches(word: string, known: readonly string[], limit = 3): string[] {
  const wanted = word.toLowerCase();
  const scored = known.map((candidate) => {
    const contained = wanted.length >= 2 && candidate.includes(wanted);
    return { candidate, distance: contained ? 0.5 : editDistance(wanted, candidate) };
  });
  const near = scored.filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)));
  near.sort((a, b) => a.distance - b.distance || a.candidate.length - b.candidate.length);
  return near.slice(0, limit).map(({ candidate }) => candidate);
}

/** “ Did you mean a, b or c?”, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const matches = closestMatches(word, known);
  if (matches.length === 0) return '';
  const last = matches.pop()!;
  return ` Did you mean ${matches.length > 0 ? `${matches.join(', ')} or ${last}` : last}?`;
}
