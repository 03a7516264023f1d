/**
 * What is wrong with the contents of an audio file, as the rest of a sentence that begins with the file's name:
 * “is cut off after 3.2 s; copy or export it again”. The reader of the file adds the name.
 */
export class UnreadableAudio extends Error {
  override readonly name = 'UnreadableAudio';
}

/** Seconds with enough digits to find the place in an editor. */
export function formatSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 3 : 2)} s`;
}
