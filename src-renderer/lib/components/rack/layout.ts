/** Where every parameter of the chain stands on the rack: one panel per effect in signal order, in sections. */
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { DECAY_BANDS, FDN_LINES } from '#core/effects/fdn/params.ts';
import type { ParameterDefinition } from '#core/parameter.ts';
import { EFFECTS, type EffectId } from '#core/protocol/schemas.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';

/** A parameter and its place in the raw vector. */
export interface Place {
  readonly index: number;
  readonly parameter: ParameterDefinition;
  /** Name within its section. */
  readonly label: string;
}

/** Knobs side by side. */
export interface KnobSection {
  readonly kind: 'knobs';
  readonly title: string;
  readonly places: readonly Place[];
}

/** Many values of one kind, drawn as bars. */
export interface BarSection {
  readonly kind: 'bars';
  readonly title: string;
  readonly places: readonly Place[];
  readonly marks: readonly { bar: number; text: string }[];
}

/** Coefficients that few will turn, in the fold. */
export interface MatrixSection {
  readonly kind: 'matrix';
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly places: readonly Place[];
  /** Only the strict upper triangle counts. */
  readonly isUpperTriangle: boolean;
}

export type Section = KnobSection | BarSection | MatrixSection;

export interface Panel {
  readonly effect: EffectId;
  readonly name: string;
  readonly sections: readonly Section[];
}

/** By the last part of a parameter's id, where its section says the rest. */
const SHORT_LABELS: Readonly<Record<string, string>> = {
  gain: 'Gain',
  freq: 'Frequency',
  q: 'Q',
  threshold: 'Threshold',
  expander_threshold: 'Threshold',
  ratio: 'Ratio',
  expander_ratio: 'Ratio',
  averaging: 'Average',
  makeup: 'Make-up',
  time: 'Time',
  odd_pan: 'Odd',
  even_pan: 'Even',
  send: 'Amount',
};

function placesOf(selectors: readonly string[]): Place[] {
  return selectors.flatMap(parametersUnder).map((index) => {
    const parameter = CHAIN_PARAMETERS[index]!;
    return { index, parameter, label: SHORT_LABELS[parameter.id.split('.').at(-1)!] ?? parameter.label };
  });
}

const knobs = (title: string, ...selectors: string[]): KnobSection => ({
  kind: 'knobs',
  title,
  places: placesOf(selectors),
});

function matrix(
  selector: string,
  title: string,
  rows: readonly string[],
  columns: readonly string[],
  isUpperTriangle = false,
): MatrixSection {
  return { kind: 'matrix', title, rows, columns, places: placesOf([selector]), isUpperTriangle };
}

const lines = Array.from({ length: FDN_LINES }, (_, line) => `${line + 1}`);
const KHZ_PER_BAND = FIT_SAMPLE_RATE_HZ / 2000 / (DECAY_BANDS - 1);
const decayMarks = [0, 5, 10, 15, 20].map((kHz) => ({
  bar: Math.round(kHz / KHZ_PER_BAND),
  text: kHz === 0 ? '0' : `${kHz} kHz`,
}));

const SECTIONS: Readonly<Record<EffectId, { name: string; sections: readonly Section[] }>> = {
  eq: {
    name: 'EQ',
    sections: [
      knobs('Peak 1', 'eq.pk1'),
      knobs('Peak 2', 'eq.pk2'),
      knobs('Low shelf', 'eq.ls'),
      knobs('High shelf', 'eq.hs'),
      knobs('Low-pass', 'eq.lp'),
      knobs('High-pass', 'eq.hp'),
    ],
  },
  comp: {
    name: 'Dynamics',
    sections: [
      knobs('Compressor', 'comp.threshold', 'comp.ratio'),
      knobs('Expander', 'comp.expander_threshold', 'comp.expander_ratio'),
      knobs('Timing', 'comp.attack', 'comp.release', 'comp.averaging', 'comp.lookahead'),
      knobs('Output', 'comp.makeup'),
    ],
  },
  delay: {
    name: 'Delay',
    sections: [
      knobs('Repeats', 'delay.time', 'delay.feedback', 'delay.gain'),
      knobs('Low-pass', 'delay.lp'),
      knobs('Pan of repeats', 'delay.odd_pan', 'delay.even_pan'),
      knobs('To reverb', 'delay.send'),
    ],
  },
  fdn: {
    name: 'Reverb',
    sections: [
      { kind: 'bars', title: 'Decay time', places: placesOf(['fdn.decay']), marks: decayMarks },
      knobs('Peak 1', 'fdn.pk1'),
      knobs('Peak 2', 'fdn.pk2'),
      knobs('Low shelf', 'fdn.ls'),
      knobs('High shelf', 'fdn.hs'),
      matrix('fdn.input', 'Inputs to lines', lines, ['L', 'R']),
      matrix('fdn.output', 'Lines to outputs', ['L', 'R'], lines),
      matrix('fdn.mixing', 'Mixing between lines', lines, lines, true),
    ],
  },
  pan: { name: 'Output', sections: [knobs('Direct sound', 'pan')] },
};

/** All panels, in signal order. */
export const RACK: readonly Panel[] = EFFECTS.map((effect) => ({ effect, ...SECTIONS[effect] }));
