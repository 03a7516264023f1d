/** The history of the output as views see it: new ten times a second. */
import { LevelHistory } from './level-history.ts';
import type { Playback } from './playback.svelte.ts';

export class OutputLevels {
  private readonly history = new LevelHistory();
  // Not the number of the state, which an effect that feeds would wait for.
  private changes = 0;
  private version = $state(0);

  /** Takes a meter frame; call it for every one. */
  feed(frame: Float32Array, nowMs: number): void {
    if (this.history.feed(frame, nowMs)) this.changed();
  }

  /** See {@link LevelHistory}. Read it where it is shown: it stays one object, so deriving it would hide what is new. */
  get now(): Pick<LevelHistory, 'truePeakMaxDb' | 'loudnessRangeLu' | 'frame' | 'rows'> {
    void this.version;
    return this.history;
  }

  resetTruePeak(): void {
    this.history.resetTruePeak();
    this.changed();
  }

  resetRange(): void {
    this.history.resetRange();
    this.changed();
  }

  reset(): void {
    this.history.reset();
    this.changed();
  }

  private changed(): void {
    this.version = ++this.changes;
  }
}

const levels = new WeakMap<Playback, OutputLevels>();

/** Those of a playback; the master meter, which is always there, feeds them. */
export function outputLevelsOf(playback: Playback): OutputLevels {
  let found = levels.get(playback);
  if (!found) levels.set(playback, (found = new OutputLevels()));
  return found;
}
