/** Loudness and peaks (ITU-R BS.1770-4, EBU Tech 3341 and 3342). */
export { gainToLufs, integratedLufs, type LoudnessOptions } from './integrated.ts';
export { type Weighting } from './k-weighting.ts';
export { loudnessRangeLu } from './range.ts';
export { type LoudnessSeries, maxLufs, momentaryLufs, shortTermLufs } from './series.ts';
export { samplePeakDb, truePeakDb, TruePeakMeter } from './true-peak.ts';
