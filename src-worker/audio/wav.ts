/** WAV files, in and out. */
export { readWavLayout } from './wav-read.ts';
export {
  encodeWav,
  encodeWavInChunks,
  type EncodedWav,
  type WavDepth,
  type WavOptions,
  WavEncoder,
  wavHeader,
} from './wav-write.ts';
