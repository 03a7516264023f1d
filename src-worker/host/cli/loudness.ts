/** `voxfit loudness`: loudness and peaks of a file. */
import { lengthSamples } from '#core/signal/audio.ts';
import { parseArguments } from './arguments.ts';
import { readSound } from './audio-files.ts';
import type { Command } from './command.ts';

const HELP = `voxfit loudness - loudness and peaks of a file

Usage: voxfit loudness <file> [--json]

  Integrated (gated) loudness, the loudest short-term (3 s) and momentary
  (400 ms) value, loudness range, true peak and sample peak (ITU-R BS.1770-4,
  EBU R 128).

Options:
  --json  {"integrated_lufs":...,"short_term_max_lufs":...,
          "momentary_max_lufs":...,"loudness_range_lu":...,"true_peak_dbtp":...,
          "sample_peak_dbfs":...,"sample_rate":...,"channels":...,
          "duration":...}
          with null where silence has no number
  --help  this text

Example:
  voxfit loudness wet.wav --json
`;

async function run(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: 'loudness',
    positionals: ['file'],
    options: { json: 'flag' },
  });
  const sound = await readSound(positionals[0]);
  const loudness = await import('#core/loudness/index.ts');
  const measured = {
    integrated_lufs: loudness.integratedLufs(sound),
    short_term_max_lufs: loudness.maxLufs(loudness.shortTermLufs(sound)),
    momentary_max_lufs: loudness.maxLufs(loudness.momentaryLufs(sound)),
    loudness_range_lu: loudness.loudnessRangeLu(sound),
    true_peak_dbtp: loudness.truePeakDb(sound),
    sample_peak_dbfs: loudness.samplePeakDb(sound),
    sample_rate: sound.sampleRateHz,
    channels: sound.channels.length,
    duration: lengthSamples(sound) / sound.sampleRateHz,
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(measured)}\n`);
    return 0;
  }
  const level = (value: number, unit: string): string =>
    `${(Number.isFinite(value) ? value.toFixed(1) : '-inf').padStart(7)} ${unit}`;
  process.stdout.write(
    `${[
      `Integrated      ${level(measured.integrated_lufs, 'LUFS')}`,
      `Short-term max  ${level(measured.short_term_max_lufs, 'LUFS')}`,
      `Momentary max   ${level(measured.momentary_max_lufs, 'LUFS')}`,
      `Range           ${level(measured.loudness_range_lu, 'LU')}`,
      `True peak       ${level(measured.true_peak_dbtp, 'dBTP')}`,
      `Sample peak     ${level(measured.sample_peak_dbfs, 'dBFS')}`,
      `${sound.format}, ${measured.sample_rate} Hz, ${measured.channels} ${measured.channels === 1 ? 'channel' : 'channels'}, ${measured.duration.toFixed(2)} s`,
    ].join('\n')}\n`,
  );
  return 0;
}

export const loudnessCommand: Command = { help: HELP, run };
