/**
 * How well a name answers what was typed. Every word of the query must be found in the text: as a piece of it, best at
 * the start of a word, or as letters in order that begin words or follow each other (“pk1g” for “Peak 1 gain”). Case and
 * accents do not count.
 */

export interface Match {
  /** The higher the better. */
  readonly score: number;
  /** Places of the text's characters that were found, in order. */
  readonly places: readonly number[];
}

const WORD_START = 8;
const TEXT_START = 6;
const FOLLOWS = 5;
const INSIDE = 1;
/** For each character skipped within a word's letters. */
const SKIPPED = 0.1;

const plain = (text: string): string =>
  [...text].map((character) => character.normalize('NFD').charAt(0).toLowerCase()).join('');

const startsWord = (text: string, at: number): boolean =>
  at === 0 || (/[^\p{L}\p{N}]/u.test(text[at - 1]!) && /[\p{L}\p{N}]/u.test(text[at]!));

function pieceOf(text: string, word: string): Match | null {
  let best: Match | null = null;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const score =
      FOLLOWS * word.length + (at === 0 ? TEXT_START : 0) + (startsWord(text, at) ? WORD_START : INSIDE);
    if (!best || score > best.score) best = { score, places: Array.from(word, (_, i) => at + i) };
  }
  return best;
}

/** Letters in order, each at a word's start or right after the one before. */
function initialsOf(text: string, word: string): Match | null {
  const search = (from: number, letter: number): Match | null => {
    if (letter === word.length) return { score: 0, places: [] };
    for (let at = text.indexOf(word[letter]!, from); at >= 0; at = text.indexOf(word[letter]!, at + 1)) {
      const isNext = letter > 0 && at === from;
      if (!isNext && !startsWord(text, at)) continue;
      const rest = search(at + 1, letter + 1);
      if (rest)
        return {
          score: rest.score + (isNext ? FOLLOWS / 2 : WORD_START / 2) - SKIPPED * (at - from),
          places: [at, ...rest.places],
        };
    }
    return null;
  };
  return search(0, 0);
}

/** null where a word of the query is not found; an empty query finds everything, all equally. */
export function match(query: string, text: string): Match | null {
  const searched = plain(text);
  const words = plain(query).split(/\s+/).filter(Boolean);
  let score = 0;
  const places = new Set<number>();
  for (const word of words) {
    const found = pieceOf(searched, word) ?? initialsOf(searched, word);
    if (!found) return null;
    score += found.score;
    found.places.forEach((place) => places.add(place));
  }
  // Of two that say the same, the shorter one was meant.
  return {
    score: words.length === 0 ? 0 : score - searched.length * SKIPPED,
    places: [...places].sort((a, b) => a - b),
  };
}

/** What answers a query, best first; of equals the one used last, then the one that stands first. */
export function ranked<T>(
  query: string,
  entries: readonly T[],
  describe: (entry: T) => { readonly text: string; /** 0: the last one used. */ readonly usedRank: number },
): readonly { readonly entry: T; readonly places: readonly number[] }[] {
  return entries
    .flatMap((entry, order) => {
      const { text, usedRank } = describe(entry);
      const found = match(query, text);
      return found ? [{ entry, order, usedRank, ...found }] : [];
    })
    .sort((a, b) => b.score - a.score || a.usedRank - b.usedRank || a.order - b.order);
}
