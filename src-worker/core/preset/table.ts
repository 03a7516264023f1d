/** A preset as a table for people: engineers' units, grouped by effect, in signal order. */
import { CHAIN_PARAMETERS, parameterIndex } from '../chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES, decayDisplay } from '../effects/fdn/params.ts';
import { rawToPhysical } from '../parameter.ts';
import { FIT_SAMPLE_RATE_HZ, gainToDb } from '../units.ts';
import type { Preset } from './preset.ts';

/** Frequencies at which the reverb's decay time is shown. */
const DECAY_SHOWN_HZ = [63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000];
/** Below this gain, in dB, a part counts as not heard. */
const INAUDIBLE_DB = -80;

const decibels = (level: number): string =>
  level === -Infinity ? '-inf dB' : `${level > 0 ? '+' : ''}${level.toFixed(2)} dB`;
const linearGain = (gain: number): string => decibels(gainToDb(gain));
const frequency = (hz: number): string =>
  hz < 1000 ? `${hz.toFixed(hz < 100 ? 1 : 0)} Hz` : `${(hz / 1000).toFixed(2)} kHz`;
const duration = (ms: number): string => {
  if (ms >= 10_000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return `${ms.toFixed(ms >= 10 ? 1 : 3)} ms`;
};
const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
const pan = (position: number): string => {
  const amount = Math.round(Math.abs(position));
  if (amount === 0) return 'centre';
  return `${position < 0 ? 'left' : 'right'} ${amount}`;
};
const ratio = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

/** Rows of cells as lines: columns aligned, the first to the left and the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')}`.trimEnd(),
  );
}

/** A readable table of a preset, at most 80 columns wide, ending in a newline. */
export function formatPresetTable(preset: Preset): string {
  const value = (id: string): number => {
    const index = parameterIndex(id);
    return rawToPhysical(CHAIN_PARAMETERS[index], preset.raw[index]);
  };
  const band = (label: string, part: string, kinds: { gain?: boolean; q?: boolean }): string[] => [
    label,
    kinds.gain ? decibels(value(`${part}.gain`)) : '-',
    frequency(value(`${part}.freq`)),
    kinds.q ? value(`${part}.q`).toFixed(2) : '-',
  ];
  const bandHeads = ['', 'gain', 'frequency', 'Q'];
  const peak = { gain: true, q: true };
  const shelf = { gain: true };
  const pass = { q: true };

  const gammas = Array.from({ length: DECAY_BANDS }, (_, i) => {
    const index = parameterIndex(`fdn.decay.${i}`);
    return CHAIN_PARAMETERS[index].map.toValue(preset.raw[index]);
  });
  /** Decay time in seconds at a frequency, γ interpolated linearly as in the chain. */
  const decaySeconds = (hz: number): number => {
    const position = (hz / (FIT_SAMPLE_RATE_HZ / 2)) * (DECAY_BANDS - 1);
    const below = Math.min(Math.floor(position), DECAY_BANDS - 2);
    const fraction = position - below;
    return decayDisplay.toPhysical(gammas[below] * (1 - fraction) + gammas[below + 1] * fraction);
  };
  const lines = Array.from({ length: FDN_LINES }, (_, line) => line);
  const coefficientRow = (label: string, id: (line: number) => string): string[] => [
    label,
    ...lines.map((line) => value(id(line)).toFixed(3)),
  ];
  const outputs = lines.flatMap((line) => [
    value(`fdn.output.left.${line}`),
    value(`fdn.output.right.${line}`),
  ]);

  const compressorRatio = value('comp.ratio');
  const expanderRatio = value('comp.expander_ratio');
  const notes: string[] = [];
  if (value('comp.threshold') > 0)
    notes.push('The compressor threshold is above full scale: it hardly ever acts.');
  if (gainToDb(value('delay.gain')) < INAUDIBLE_DB) notes.push('The delay is too quiet to be heard.');
  if (value('delay.feedback') > 0.95) notes.push('The delay repeats for a very long time.');
  if (outputs.every((gain) => Math.abs(gain) < 1e-4)) notes.push('The reverb is silent.');
  const { calibration, fit } = preset;
  if (fit)
    notes.push(
      `Fitted to “${fit.wet}” from “${fit.dry}”`,
      `  in ${fit.elapsedSeconds.toFixed(1)} s and ${fit.evaluations.toFixed(0)} evaluations: loss ${fit.initialLoss.toFixed(3)} to ${fit.loss.toFixed(3)}`,
      `  MSS   l/r ${fit.terms.mss_lr.toFixed(3)}   m/s ${fit.terms.mss_ms.toFixed(3)}`,
      `  MLDR  l/r ${fit.terms.mldr_lr.toFixed(3)}   m/s ${fit.terms.mldr_ms.toFixed(3)}`,
    );
  if (calibration)
    notes.push(
      `Levels of that pair: ${linearGain(calibration.inputGain)} in, ${linearGain(calibration.outputGain)} out`,
      `The wet lags the dry by ${((1000 * calibration.offsetSamples) / FIT_SAMPLE_RATE_HZ).toFixed(2)} ms${calibration.polarity < 0 ? ', and its polarity is inverted' : ''}`,
    );

  const section = (title: string, rows: readonly (readonly string[])[]): string[] => [
    title,
    ...aligned(rows),
    '',
  ];
  return `${[
    ...(preset.name === undefined ? [] : [preset.name, '']),
    ...section('EQ', [
      bandHeads,
      band('Peak 1', 'eq.pk1', peak),
      band('Peak 2', 'eq.pk2', peak),
      band('Low shelf', 'eq.ls', shelf),
      band('High shelf', 'eq.hs', shelf),
      band('Low-pass', 'eq.lp', pass),
      band('High-pass', 'eq.hp', pass),
    ]),
    ...section('Compressor and expander', [
      ['', 'threshold', 'ratio'],
      ['Compressor', decibels(value('comp.threshold')), `${ratio(compressorRatio)}:1`],
      ['Expander', decibels(value('comp.expander_threshold')), `1:${ratio(1 / expanderRatio)}`],
    ]),
    ...section('  Timing and level', [
      ['  Attack', duration(value('comp.attack'))],
      ['  Release', duration(value('comp.release'))],
      ['  Level averaging', duration(value('comp.averaging'))],
      ['  Lookahead', duration(value('comp.lookahead'))],
      ['  Make-up gain', decibels(value('comp.makeup'))],
    ]),
    ...section('Delay', [
      ['Time', duration(value('delay.time'))],
      ['Gain', linearGain(value('delay.gain'))],
      ['Feedback', percent(value('delay.feedback'))],
      ['Low-pass', frequency(value('delay.lp.freq'))],
      ['Low-pass Q', value('delay.lp.q').toFixed(2)],
      ['Odd repeats', pan(value('delay.odd_pan'))],
      ['Even repeats', pan(value('delay.even_pan'))],
      ['Send to reverb', linearGain(value('delay.send'))],
    ]),
    ...section('Reverb', [
      bandHeads,
      band('Peak 1', 'fdn.pk1', peak),
      band('Peak 2', 'fdn.pk2', peak),
      band('Low shelf', 'fdn.ls', shelf),
      band('High shelf', 'fdn.hs', shelf),
    ]),
    ...section('  Decay time (T60)', [
      ['  At', ...DECAY_SHOWN_HZ.map((hz) => (hz < 1000 ? `${hz}` : `${hz / 1000}k`))],
      ['  Seconds', ...DECAY_SHOWN_HZ.map((hz) => decaySeconds(hz).toFixed(2))],
    ]),
    ...section('  Gains of the six lines', [
      coefficientRow('  In, left', (line) => `fdn.input.${line}.left`),
      coefficientRow('  In, right', (line) => `fdn.input.${line}.right`),
      coefficientRow('  Out, left', (line) => `fdn.output.left.${line}`),
      coefficientRow('  Out, right', (line) => `fdn.output.right.${line}`),
    ]),
    ...section('Output', [['Pan of the direct sound', pan(value('pan'))]]),
    ...(notes.length > 0 ? ['Notes', ...notes.map((note) => `  ${note}`), ''] : []),
  ].join('\n')}`;
}
