/** The reverb's coefficients and decay points, in groups as the advanced fold shows them. */
import { parametersUnder, CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES } from '#core/effects/fdn/params.ts';
import type { ParameterDefinition } from '#core/parameter.ts';
import { BAND_HZ } from './macros.ts';

export interface CoefficientMatrix {
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row by row. */
  readonly parameters: readonly ParameterDefinition[];
  /** Only the strict upper triangle counts. */
  readonly isUpperTriangle: boolean;
}

const under = (selector: string): ParameterDefinition[] =>
  parametersUnder(selector).map((index) => CHAIN_PARAMETERS[index]!);
const lines = Array.from({ length: FDN_LINES }, (_, line) => `${line + 1}`);

export const DECAY_POINTS: readonly ParameterDefinition[] = under('fdn.decay');

/** Under the bars of the decay points: a text at the middle of a bar. */
export const DECAY_MARKS: readonly { readonly bar: number; readonly text: string }[] = [0, 5, 10, 15, 20].map(
  (kHz) => ({
    bar: Math.min(DECAY_BANDS - 1, Math.round((1000 * kHz) / BAND_HZ)),
    text: kHz === 0 ? '0' : `${kHz} kHz`,
  }),
);

export const MATRICES: readonly CoefficientMatrix[] = [
  {
    title: 'Inputs to lines',
    rows: lines,
    columns: ['L', 'R'],
    parameters: under('fdn.input'),
    isUpperTriangle: false,
  },
  {
    title: 'Lines to outputs',
    rows: ['L', 'R'],
    columns: lines,
    parameters: under('fdn.output'),
    isUpperTriangle: false,
  },
  {
    title: 'Mixing between lines',
    rows: lines,
    columns: lines,
    parameters: under('fdn.mixing'),
    isUpperTriangle: true,
  },
];
