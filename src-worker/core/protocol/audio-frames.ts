/** Layouts of the arrays that playback sends many times a second; free of schemas, so that an AudioWorklet can have it. */

/** Places in a meter frame. Levels in dB, loudness in LUFS, −Infinity for silence; held since the frame before. */
export const MeterField = {
  /** Samples on the dry's timeline of what is heard now. */
  position: 0,
  peakLeftDb: 1,
  peakRightDb: 2,
  rmsLeftDb: 3,
  rmsRightDb: 4,
  momentaryLufs: 5,
  shortTermLufs: 6,
  integratedLufs: 7,
  /** Of compressor and expander, without make-up; ≤ 0. */
  gainReductionDb: 8,
  /** Level into the compressor's gain computer. */
  compressorInputDb: 9,
  isPlaying: 10,
  /** Of what is heard, four times oversampled (BS.1770-4, annex 2); the larger of both sides. */
  truePeakDb: 11,
  /** RMS of the parts of the processed sound, both sides together, over about 0.3 s. */
  directRmsDb: 12,
  delayRmsDb: 13,
  reverbRmsDb: 14,
} as const;
export const METER_FIELDS = 15;

/** Bands of a spectrum frame, evenly spaced in log frequency from lowest to highest. */
export const SPECTRUM_BANDS = 240;
export const SPECTRUM_LOWEST_HZ = 20;
export const SPECTRUM_HIGHEST_HZ = 20_000;
/** A frame holds the traces one after another, in dB, of one moment of the recording. */
export const SpectrumTrace = {
  /** The chain's input. */
  input: 0,
  /** After the EQ. */
  equalised: 1,
  /** What is heard. */
  heard: 2,
} as const;
export const SPECTRUM_TRACES = 3;
