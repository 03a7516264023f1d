/** How the EQ is looked at: kept while the window is open, no part of a session. */
import type { EqBandId } from '#core/protocol/schemas.ts';
import type { GainRangeDb } from './mapping.ts';
import { SMOOTHING_SEMITONES } from './spectra.ts';

class EqView {
  rangeDb = $state<GainRangeDb>(12);
  /** Live spectra: the chain's input, the sound after the EQ, and what is heard. */
  showsBefore = $state(true);
  showsAfter = $state(true);
  showsHeard = $state(false);
  showsPeaks = $state(false);
  /** Peaks stay until the picture is clicked. */
  keepsPeaks = $state(false);
  /** Long-term spectra of dry and target. */
  showsOverlay = $state(false);
  showsMatch = $state(false);
  smoothingSemitones = $state<number>(SMOOTHING_SEMITONES.default);
  selected = $state<EqBandId>('eq.pk1');
}

export const eqView = new EqView();
