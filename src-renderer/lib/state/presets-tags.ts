/** Tags of presets as people type them: separated by commas. */
import type { PresetEntry } from '#core/protocol/preset-library.ts';

const MOST_TAGS = 40;
/** In characters; the host's 60 count some of them twice. */
const LONGEST_TAG = 30;

/** What was typed as tags: each once, whatever the case of its letters; too long ones are cut. */
export function parseTags(text: string): string[] {
  const tags = new Map<string, string>();
  for (const part of text.split(/[,;\n]/)) {
    // Cut between characters, not within one.
    const tag = Array.from(part.trim().replace(/^#/, '').replace(/\s+/g, ' '))
      .slice(0, LONGEST_TAG)
      .join('')
      .trim();
    if (tag !== '' && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
  }
  return [...tags.values()].slice(0, MOST_TAGS);
}

export function tagsText(tags: readonly string[]): string {
  return tags.join(', ');
}

/** With more tags, each once, and its own as they are; at most as many as a preset can have. */
export function withTags(own: readonly string[], more: readonly string[]): string[] {
  const known = new Set(own.map((tag) => tag.toLowerCase()));
  return [...own, ...more.filter((tag) => !known.has(tag.toLowerCase()))].slice(0, MOST_TAGS);
}

/** Without a tag, in any case of its letters. */
export function withoutTag(own: readonly string[], tag: string): string[] {
  return own.filter((known) => known.toLowerCase() !== tag.toLowerCase());
}

/** Every tag of a library once, with how many presets have it; the most used first. */
export function countTags(entries: readonly PresetEntry[]): { tag: string; count: number }[] {
  const counts = new Map<string, { tag: string; count: number }>();
  for (const { tags } of entries)
    for (const tag of tags) {
      const known = counts.get(tag.toLowerCase());
      if (known) known.count += 1;
      else counts.set(tag.toLowerCase(), { tag, count: 1 });
    }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1));
}
