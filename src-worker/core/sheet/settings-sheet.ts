/**
 * The settings sheet: one page to print, with every value of the chain in engineers' units, what each means on other
 * equipment, and the curves as pictures. The page needs nothing but itself: no scripts, no other files, dark on white.
 *
 * Values are those that are heard; curves belong to 44.1 kHz, the rate of settings. What a number stands for elsewhere:
 *
 *   bandwidth of a bell   2 asinh(1 / 2Q) / ln 2 octaves, between the points of half its decibels (RBJ)
 *   time constant         rise time 10–90 % / ln 9
 *   level of the reverb   power at both outputs over that of the direct sound, for pink noise from 100 Hz to 10 kHz
 */
import { FULL_AMOUNTS, type Amounts } from '../chain/amount.ts';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, parameterIndex, valuesOf } from '../chain/parameters.ts';
import { compStepResponse, compTransferDb } from '../effects/comp/response.ts';
import { delayTaps } from '../effects/delay/response.ts';
import { eqBandResponseDb, eqResponseDb } from '../effects/eq/response.ts';
import { DECAY_BANDS, FDN_DELAYS, FDN_LINES } from '../effects/fdn/params.ts';
import { decayTimeSeconds, reverbEqResponseDb } from '../effects/fdn/response.ts';
import { fdnTransfer, fdnValues } from '../effects/fdn/training.ts';
import { panGains } from '../effects/pan/training.ts';
import { fixed, valueText } from '../format/value-text.ts';
import { rawToPhysical } from '../parameter.ts';
import { roundUp } from '../plot/axis.ts';
import { EFFECTS, EQ_BANDS, type Bypassable, type EffectId, type EqBandId } from '../protocol/schemas.ts';
import { FIT_SAMPLE_RATE_HZ, dbToGain, gainToDb } from '../units.ts';
import { nearestNote } from './note-values.ts';
import { STYLE, escaped, table, type Cell } from './page.ts';
import { evenPlotAxis, FREQUENCY_PLOT_AXIS, SvgPlot } from './svg-plot.ts';

/** A line about where the setting comes from: “Dry vocal” – “take 3.wav, 24 bit, 48 kHz”. */
export interface SheetFact {
  readonly label: string;
  readonly text: string;
}

export interface SettingsSheetOptions {
  readonly name: string;
  /** 151 raw values as heard: amounts applied. */
  readonly raw: Float64Array;
  readonly bypassed: readonly Bypassable[];
  /** What was applied, to be told. */
  readonly amounts: Amounts;
  /** Gives times as notes; null when nobody knows. */
  readonly tempoBpm: number | null;
  /** As it is to be written. */
  readonly date: string;
  readonly facts: readonly SheetFact[];
}

/** Where curves over frequency are drawn: 20 Hz to 20 kHz, equally spaced to the ear. */
export const SHEET_FREQUENCIES_HZ: Float64Array = Float64Array.from(
  { length: 321 },
  (_, i) => 20 * 1000 ** (i / 320),
);
const RATE_HZ = FIT_SAMPLE_RATE_HZ;
const LN_9 = Math.log(9);
const SILENT_DB = -100;
const CHAIN_INPUT_LUFS = -18;
const TAP_FLOOR_DB = -60;
const LONGEST_TAPS_SECONDS = 8;
const LISTED_TAPS = 8;
const LISTED_DECAY_HZ = [63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000];
/** Points of the reverb's response over all frequencies; enough for 0.2 dB. */
const REVERB_POINTS = 2 ** 14;
const PINK_NOISE_HZ = { from: 100, to: 10_000 };

const EFFECT_NAMES: Readonly<Record<EffectId, string>> = {
  eq: 'EQ',
  comp: 'Dynamics',
  delay: 'Delay',
  fdn: 'Reverb',
  pan: 'Pan',
};
const BAND_NAMES: Readonly<Record<EqBandId, { name: string; short: string; shape: string }>> = {
  'eq.pk1': { name: 'Peak 1', short: 'PK1', shape: 'Bell' },
  'eq.pk2': { name: 'Peak 2', short: 'PK2', shape: 'Bell' },
  'eq.ls': { name: 'Low shelf', short: 'LS', shape: 'Shelf, Q 0.707' },
  'eq.hs': { name: 'High shelf', short: 'HS', shape: 'Shelf, Q 0.707' },
  'eq.lp': { name: 'Low-pass', short: 'LP', shape: '12 dB per octave' },
  'eq.hp': { name: 'High-pass', short: 'HP', shape: '12 dB per octave' },
};
const REVERB_BANDS = [
  { part: 'fdn.pk1', name: 'Peak 1', shape: 'Bell' },
  { part: 'fdn.pk2', name: 'Peak 2', shape: 'Bell' },
  { part: 'fdn.ls', name: 'Low shelf', shape: 'Shelf, Q 0.707' },
  { part: 'fdn.hs', name: 'High shelf', shape: 'Shelf, Q 0.707' },
];

/** The setting by parameter id. */
class Values {
  constructor(readonly raw: Float64Array) {}

  physical(id: string): number {
    const index = parameterIndex(id);
    return rawToPhysical(CHAIN_PARAMETERS[index]!, this.raw[index]!);
  }

  text(id: string): string {
    return valueText(CHAIN_PARAMETERS[parameterIndex(id)]!, this.physical(id));
  }

  cell(id: string): Cell {
    return { text: this.text(id), id };
  }

  /** A row of what it is called, what it is, and what it means elsewhere. */
  row(id: string, meaning: string, label = CHAIN_PARAMETERS[parameterIndex(id)]!.label): (Cell | string)[] {
    return [label, this.cell(id), meaning];
  }
}

const decibels = (levelDb: number): string =>
  levelDb < SILENT_DB ? 'silent' : `${levelDb > 0.05 ? '+' : ''}${fixed(levelDb, 1)} dB`;
const milliseconds = (ms: number): string => {
  if (!Number.isFinite(ms)) return 'for ever';
  if (ms >= 1000) return `${fixed(ms / 1000, 2)} s`;
  return `${fixed(ms, ms >= 100 ? 0 : ms >= 10 ? 1 : ms >= 1 ? 2 : 3)} ms`;
};
const hertz = (hz: number): string =>
  hz < 1000 ? `${fixed(hz, 0)} Hz` : `${fixed(hz / 1000, hz < 10_000 ? 2 : 1)} kHz`;
const octaves = (q: number): string => `${fixed((2 * Math.asinh(1 / (2 * q))) / Math.LN2, 2)} oct`;
const seconds = (time: number): string => (Number.isFinite(time) ? fixed(time, 2) : '∞');

function noteText(timeMs: number, tempoBpm: number): string {
  const { name, deviationPercent } = nearestNote(timeMs, tempoBpm);
  if (Math.abs(deviationPercent) < 0.05) return name;
  return `${name}, ${fixed(Math.abs(deviationPercent), 1)} % ${deviationPercent > 0 ? 'longer' : 'shorter'}`;
}

/** A range around 0 dB that shows a curve, in steps of 12 dB, at least ±12. */
function decibelAxis(curves: readonly ArrayLike<number>[]): { from: number; to: number } {
  const values = curves.flatMap((curve) => Array.from(curve));
  const reach = (largest: number): number => Math.min(48, Math.max(12, 12 * Math.ceil((largest + 1) / 12)));
  return { from: -reach(-Math.min(...values)), to: reach(Math.max(...values)) };
}

const figure = (plot: SvgPlot, caption = ''): string =>
  `<figure>\n${plot}\n${caption === '' ? '' : `<figcaption>${escaped(caption)}</figcaption>`}</figure>`;
const note = (text: string): string => `<p class="note">${escaped(text)}</p>`;

function section(
  title: string,
  subtitle: string,
  isOff: boolean,
  content: readonly string[],
  classes = '',
): string {
  const names = [classes, isOff ? 'off' : ''].filter((name) => name !== '').join(' ');
  return [
    `<section${names === '' ? '' : ` class="${names}"`}>`,
    `<h2>${escaped(title)}<small>${escaped(subtitle)}</small></h2>`,
    ...(isOff
      ? ['<p class="off-mark">Bypassed: these settings are kept, and nothing of them is heard.</p>']
      : []),
    ...content,
    '</section>',
  ].join('\n');
}

/** Curves of filters over frequency with the sum in front. */
function responsePlot(
  title: string,
  total: Float64Array,
  bands: readonly { readonly short: string; readonly curve: Float64Array; readonly freqHz: number }[],
  height: number,
): SvgPlot {
  const { from, to } = decibelAxis([total]);
  const plot = new SvgPlot({
    title,
    height,
    x: FREQUENCY_PLOT_AXIS,
    y: evenPlotAxis(
      'Gain, dB',
      [from, to],
      to - from > 36 ? 12 : 6,
      (db) => `${db > 0 ? '+' : ''}${fixed(db, 0)}`,
    ),
  });
  plot.line(20, 0, 20_000, 0, 'zero');
  for (const { curve } of bands) plot.curve(SHEET_FREQUENCIES_HZ, curve, 'band');
  plot.curve(SHEET_FREQUENCIES_HZ, total, 'curve');
  for (const { short, curve, freqHz } of bands) {
    const nearest = SHEET_FREQUENCIES_HZ.findIndex((hz) => hz >= freqHz);
    const level = curve[nearest < 0 ? SHEET_FREQUENCIES_HZ.length - 1 : nearest]!;
    const room = (to - from) / 30;
    plot.mark(
      Math.min(16_500, Math.max(24, freqHz)),
      Math.max(from + room, level) + (level < 0 ? -3 : 1) * room,
      short,
    );
  }
  return plot;
}

function eqSection(values: Values, bypassed: readonly Bypassable[]): string {
  const eq = valuesOf(values.raw, 'eq');
  const heard = EQ_BANDS.filter((band) => !bypassed.includes(band));
  const hasGain = (band: EqBandId): boolean => band !== 'eq.lp' && band !== 'eq.hp';
  const hasQ = (band: EqBandId): boolean => band !== 'eq.ls' && band !== 'eq.hs';
  const width = (band: EqBandId): string => {
    if (!hasQ(band)) return '–';
    const q = values.physical(`${band}.q`);
    return hasGain(band) ? octaves(q) : `${decibels(gainToDb(q))} at the corner`;
  };
  return section('EQ', 'six filters in series, before everything else', bypassed.includes('eq'), [
    figure(
      responsePlot(
        'Response of the EQ over frequency, each band dashed',
        eqResponseDb(eq, bypassed, SHEET_FREQUENCIES_HZ, RATE_HZ),
        heard.map((band) => ({
          short: BAND_NAMES[band].short,
          curve: eqBandResponseDb(eq, band, SHEET_FREQUENCIES_HZ, RATE_HZ),
          freqHz: values.physical(`${band}.freq`),
        })),
        215,
      ),
    ),
    table({
      className: 'numbers bands',
      heads: ['Band', 'Shape', 'Gain', 'Frequency', 'Q', 'Width', 'Switch'],
      rows: EQ_BANDS.map((band) => [
        BAND_NAMES[band].name,
        BAND_NAMES[band].shape,
        hasGain(band) ? values.cell(`${band}.gain`) : '–',
        values.cell(`${band}.freq`),
        hasQ(band) ? values.cell(`${band}.q`) : '0.707',
        width(band),
        heard.includes(band) ? 'on' : 'bypassed',
      ]),
    }),
    note(
      'Q is that of the Audio EQ Cookbook: the width of a bell lies between the points of half its gain in dB. An equaliser that measures at −3 dB wants another Q for the same curve; trust the picture.',
    ),
  ]);
}

function transferPlot(values: Values): SvgPlot {
  const comp = valuesOf(values.raw, 'comp');
  const levels = Float64Array.from({ length: 161 }, (_, i) => -80 + i / 2);
  const out = levels.map((level) => compTransferDb(comp, level));
  const top = Math.max(0, 10 * Math.ceil(Math.max(...out) / 10));
  const plot = new SvgPlot({
    title: 'Level out of the dynamics over level in',
    width: 250,
    height: 250,
    x: evenPlotAxis('Level in, dB', [-80, 0], 20, (db) => fixed(db, 0)),
    y: evenPlotAxis('Level out, dB', [-80, top], 20, (db) => fixed(db, 0)),
  });
  plot.line(-80, -80, 0, 0, 'guide');
  for (const [id, short] of [
    ['comp.threshold', 'C'],
    ['comp.expander_threshold', 'E'],
  ] as const) {
    const threshold = values.physical(id);
    plot.line(threshold, -80, threshold, top, 'guide');
    plot.mark(threshold, -77, short);
  }
  return plot.curve(levels, out, 'curve');
}

/** A level that jumps across the threshold and back, long enough to see attack and release. */
function stepPlot(values: Values): { plot: SvgPlot; caption: string } {
  const threshold = values.physical('comp.threshold');
  const toDb = Math.min(0, threshold + 12);
  // From where neither acts, if there is such a place.
  const fromDb = Math.max(
    -80,
    threshold - 20,
    Math.min(threshold, values.physical('comp.expander_threshold')),
  );
  const bounded = (id: string): number => Math.min(5000, values.physical(id)) / 1000;
  const length = roundUp(
    Math.max(0.02, 5 * bounded('comp.attack'), 3 * bounded('comp.release'), 6 * bounded('comp.averaging')),
  );
  const { timeSeconds, gainDb } = compStepResponse(valuesOf(values.raw, 'comp'), {
    fromDb,
    toDb,
    seconds: length,
    sampleRateHz: RATE_HZ,
    points: 481,
  });
  const times = timeSeconds.map((time) => 1000 * (time - length / 6));
  const [from, to] = [times[0]!, times.at(-1)!];
  const lowest = Math.min(-6, ...gainDb);
  const bottom = -6 * Math.ceil(Math.min(60, -lowest + 1) / 6);
  const step = roundUp((1000 * length) / 8);
  const plot = new SvgPlot({
    title: 'Gain of the dynamics over time while the level jumps up and back',
    width: 380,
    height: 250,
    x: evenPlotAxis('Time since the level jumped, ms', [from, to], step, (ms) => fixed(ms, step < 1 ? 1 : 0)),
    y: evenPlotAxis('Gain, dB', [bottom, 3], bottom < -30 ? 12 : 6, (db) => fixed(db, 0)),
  });
  plot.line(0, bottom, 0, 3, 'guide').line((1000 * length) / 3, bottom, (1000 * length) / 3, 3, 'guide');
  plot.curve(times, gainDb, 'curve');
  return {
    plot,
    caption: `The level jumps from ${fixed(fromDb, 0)} to ${fixed(toDb, 0)} dB at 0 ms and back at ${milliseconds((1000 * length) / 3)}; make-up gain not counted.`,
  };
}

function dynamicsSection(values: Values, bypassed: readonly Bypassable[]): string {
  const rise = (id: string): string => `time constant (63 %) ${milliseconds(values.physical(id) / LN_9)}`;
  const ratio = values.physical('comp.ratio');
  const expanded = 1 / values.physical('comp.expander_ratio');
  const step = stepPlot(values);
  return section(
    'Dynamics',
    'compressor and downward expander in one, mono, feed-forward, hard knees',
    bypassed.includes('comp'),
    [
      '<div class="pair">',
      figure(
        transferPlot(values),
        'C and E: thresholds of the compressor and of the expander; make-up gain counted.',
      ),
      figure(step.plot, step.caption),
      '</div>',
      table({
        className: 'words',
        heads: ['Setting', 'Value', 'On other equipment'],
        rows: [
          values.row(
            'comp.threshold',
            'level of the detector, mean power: a full-scale sine reads −3.0 dB there',
          ),
          values.row(
            'comp.ratio',
            `10 dB above the threshold come out as ${fixed(10 / ratio, 1)} dB; hard knee`,
          ),
          values.row('comp.attack', `rise time of the gain, 10–90 %; ${rise('comp.attack')}`),
          values.row('comp.release', `rise time of the gain, 10–90 %; ${rise('comp.release')}`),
          values.row(
            'comp.averaging',
            `RMS detector: rise time of the measured power; ${rise('comp.averaging')}`,
          ),
          values.row('comp.lookahead', 'the gain moves this long before the level does'),
          values.row('comp.expander_threshold', 'below this level it becomes quieter still'),
          values.row(
            'comp.expander_ratio',
            Number.isFinite(expanded)
              ? `1 dB below the threshold comes out as ${fixed(expanded, 2)} dB below`
              : 'a gate: nothing below the threshold is heard',
          ),
          values.row(
            'comp.makeup',
            `output gain, times ${fixed(dbToGain(values.physical('comp.makeup')), 2)}`,
          ),
        ],
      }),
      note(
        `Thresholds belong to a vocal that enters the chain at ${fixed(CHAIN_INPUT_LUFS, 0)} LUFS (integrated). Bring the dry vocal there first, or move both thresholds by the difference.`,
      ),
    ],
  );
}

function delaySection(values: Values, bypassed: readonly Bypassable[], tempoBpm: number | null): string {
  const delay = valuesOf(values.raw, 'delay');
  const taps = delayTaps(delay, {
    sampleRateHz: RATE_HZ,
    floorDb: TAP_FLOOR_DB,
    longestSeconds: LONGEST_TAPS_SECONDS,
  });
  const timeMs = values.physical('delay.time');
  const last = taps.at(-1)?.timeSeconds ?? timeMs / 1000;
  const end = Math.ceil(10 * (last + timeMs / 2000)) / 10;
  const top = Math.max(
    0,
    6 * Math.ceil(Math.max(-60, ...taps.flatMap((tap) => [tap.leftDb, tap.rightDb])) / 6),
  );
  const plot = new SvgPlot({
    title: 'Level of the repeats over time, left and right',
    height: 165,
    x: evenPlotAxis('Time after the direct sound, s', [0, end], roundUp(end / 10), (time) =>
      String(Number(time.toFixed(3))),
    ),
    y: evenPlotAxis('Level, dB', [TAP_FLOOR_DB, top], 20, (db) => fixed(db, 0)),
  });
  for (const { timeSeconds, leftDb, rightDb } of taps) {
    const aside = end / 300;
    if (leftDb > TAP_FLOOR_DB)
      plot.line(timeSeconds - aside, TAP_FLOOR_DB, timeSeconds - aside, leftDb, 'left');
    if (rightDb > TAP_FLOOR_DB)
      plot.line(timeSeconds + aside, TAP_FLOOR_DB, timeSeconds + aside, rightDb, 'right');
  }
  plot.above('whole line: left, broken line: right', 'end');
  const listed = taps.slice(0, LISTED_TAPS);
  const feedbackDb = gainToDb(values.physical('delay.feedback'));
  const share = (id: string): string => decibels(gainToDb(values.physical(id)));
  const more = taps.length - listed.length;
  return section('Delay', 'ping-pong, from the mono output of the dynamics', bypassed.includes('delay'), [
    figure(plot),
    table({
      className: 'words',
      heads: ['Setting', 'Value', 'On other equipment'],
      rows: [
        values.row(
          'delay.time',
          tempoBpm === null
            ? 'from one repeat to the next'
            : `${noteText(timeMs, tempoBpm)} at ${fixed(tempoBpm, 1)} BPM`,
        ),
        values.row('delay.feedback', `${decibels(feedbackDb)} from one repeat to the next`),
        values.row('delay.gain', `return at ${share('delay.gain')}; a repeat’s pan adds up to 3 dB`),
        values.row('delay.lp.freq', '12 dB per octave, inside the loop: repeat k has passed it k times'),
        values.row(
          'delay.lp.q',
          `${decibels(gainToDb(values.physical('delay.lp.q')))} at the corner, each time`,
        ),
        values.row('delay.odd_pan', panText(values, 'delay.odd_pan', 'repeats 1, 3, 5 …')),
        values.row('delay.even_pan', panText(values, 'delay.even_pan', 'repeats 2, 4, 6 …')),
        values.row('delay.send', `repeats go into the reverb at ${share('delay.send')}`),
      ],
    }),
    listed.length === 0
      ? note('No repeat is louder than −60 dB.')
      : table({
          heads: ['Repeat', 'Time', ...(tempoBpm === null ? [] : ['Beats']), 'Left', 'Right', 'Bright up to'],
          rows: listed.map((tap) => [
            String(tap.number),
            milliseconds(1000 * tap.timeSeconds),
            ...(tempoBpm === null ? [] : [fixed((tap.timeSeconds * tempoBpm) / 60, 2)]),
            decibels(tap.leftDb),
            decibels(tap.rightDb),
            hertz(tap.cutoffHz),
          ]),
        }),
    note(
      `${more > 0 ? `${more} more repeats above −60 dB follow. ` : ''}Levels are relative to the direct sound in the middle; “bright up to” is where all low-passes so far have taken 3 dB.`,
    ),
  ]);
}

function panText(values: Values, id: string, of: string): string {
  const [left, right] = panGains((values.physical(id) + 100) / 200).map((gain) => gainToDb(Math.abs(gain)));
  return `${of}: left ${decibels(left!)}, right ${decibels(right!)}`;
}

/** Power at both outputs of the reverb for the same pink noise at both inputs, over that of the direct sound, in dB. */
export function reverbLevelDb(raw: Float64Array): number {
  const values = valuesOf(raw, 'fdn');
  const transfer = fdnTransfer(fdnValues(values), REVERB_POINTS);
  const frequencies = Float64Array.from(
    { length: REVERB_POINTS / 2 + 1 },
    (_, bin) => (bin * RATE_HZ) / REVERB_POINTS,
  );
  const eqDb = reverbEqResponseDb(values, frequencies, RATE_HZ);
  let power = 0;
  let weights = 0;
  frequencies.forEach((hz, bin) => {
    if (hz < PINK_NOISE_HZ.from || hz > PINK_NOISE_HZ.to) return;
    let sum = 0;
    for (const [fromLeft, fromRight] of transfer)
      sum +=
        (fromLeft!.re[bin]! + fromRight!.re[bin]!) ** 2 + (fromLeft!.im[bin]! + fromRight!.im[bin]!) ** 2;
    power += ((sum / 2) * 10 ** (eqDb[bin]! / 10)) / hz;
    weights += 1 / hz;
  });
  return 10 * Math.log10(power / weights);
}

function decayPlot(fdn: Float64Array): SvgPlot {
  const times = decayTimeSeconds(fdn, SHEET_FREQUENCIES_HZ, RATE_HZ);
  const top = roundUp(Math.max(0.5, ...Array.from(times).filter(Number.isFinite)));
  const plot = new SvgPlot({
    title: 'Decay time of the reverb over frequency',
    height: 175,
    x: FREQUENCY_PLOT_AXIS,
    y: evenPlotAxis('T60, s', [0, top], top / 5, (time) => String(Number(time.toFixed(2)))),
  });
  return plot.curve(SHEET_FREQUENCIES_HZ, times, 'curve');
}

function reverbSection(values: Values, bypassed: readonly Bypassable[], levelDb: number): string {
  const fdn = valuesOf(values.raw, 'fdn');
  const listed = decayTimeSeconds(fdn, LISTED_DECAY_HZ, RATE_HZ);
  const at = (hz: number): number => listed[LISTED_DECAY_HZ.indexOf(hz)]!;
  const factor = (hz: number): string => `${fixed(at(hz) / at(1000), 2)} times that`;
  const total = reverbEqResponseDb(fdn, SHEET_FREQUENCIES_HZ, RATE_HZ);
  return section('Reverb', 'feedback delay network of six lines, stereo', bypassed.includes('fdn'), [
    figure(decayPlot(fdn), 'Time in which the reverb falls by 60 dB.'),
    table({
      heads: ['Frequency, Hz', ...LISTED_DECAY_HZ.map((hz) => (hz < 1000 ? `${hz}` : `${hz / 1000}k`))],
      rows: [['T60, s', ...Array.from(listed, seconds)]],
    }),
    table({
      className: 'words',
      heads: ['On another reverb', 'Value', 'Meaning'],
      rows: [
        ['Decay time', `${seconds(at(1000))} s`, 'T60 at 1 kHz'],
        ['Low decay', factor(125), 'bass multiplier, at 125 Hz'],
        ['High decay', factor(8000), 'damping, at 8 kHz'],
        [
          'Pre-delay',
          milliseconds((1000 * FDN_DELAYS[0]) / RATE_HZ),
          'until the first of the six lines answers',
        ],
        ['Level', decibels(levelDb), 'power of the reverb over that of the direct sound, for pink noise'],
      ],
    }),
    '<h3>EQ of the reverb</h3>',
    figure(responsePlot('Response of the EQ of the reverb over frequency', total, [], 150)),
    table({
      className: 'numbers bands',
      heads: ['Band', 'Shape', 'Gain', 'Frequency', 'Q', 'Width'],
      rows: REVERB_BANDS.map(({ part, name, shape }) => [
        name,
        shape,
        values.cell(`${part}.gain`),
        values.cell(`${part}.freq`),
        shape === 'Bell' ? values.cell(`${part}.q`) : '0.707',
        shape === 'Bell' ? octaves(values.physical(`${part}.q`)) : '–',
      ]),
    }),
  ]);
}

function balanceSection(values: Values, bypassed: readonly Bypassable[], reverbDb: number): string {
  const isOn = (effect: EffectId): boolean => !bypassed.includes(effect);
  const returned = (effect: EffectId, levelDb: number): string =>
    isOn(effect) ? decibels(levelDb) : 'bypassed';
  return section('Balance', 'what is added at the output', false, [
    table({
      className: 'words',
      heads: ['Part', 'Value', 'Meaning'],
      rows: [
        values.row(
          'pan',
          `${panText(values, 'pan', 'direct sound')}${isOn('pan') ? '' : '; bypassed: in the middle'}`,
        ),
        ['Direct sound', '0.0 dB', 'what the others are measured against, after the make-up gain'],
        ['Delay', returned('delay', gainToDb(values.physical('delay.gain'))), 'return of the repeats'],
        ['Reverb', returned('fdn', reverbDb), 'power over that of the direct sound, for pink noise'],
      ],
    }),
    note('Pans keep the power and leave the middle at 0 dB; a side alone is at +3 dB.'),
  ]);
}

function appendix(values: Values): string {
  const lines = Array.from({ length: FDN_LINES }, (_, line) => line);
  const lineHeads = lines.map((line) => `Line ${line + 1}`);
  const bandStepHz = RATE_HZ / 2 / (DECAY_BANDS - 1);
  const bandRows = Array.from({ length: 7 }, (_, row) => row);
  return section(
    'Appendix: the reverb’s own numbers',
    'for those who build the same network',
    false,
    [
      table({
        caption: 'Decay time T60 in seconds at 49 equally spaced frequencies',
        className: 'numbers dense',
        heads: ['From, kHz', ...bandRows.map((column) => `+${fixed((column * bandStepHz) / 1000, 2)}`)],
        rows: bandRows.map((row) => [
          fixed((7 * row * bandStepHz) / 1000, 2),
          ...bandRows.map((column) => values.cell(`fdn.decay.${7 * row + column}`)),
        ]),
      }),
      table({
        caption: 'Gains from the inputs to the lines (B) and from the lines to the outputs (C)',
        className: 'numbers dense',
        heads: ['', ...lineHeads],
        rows: [
          ...(['left', 'right'] as const).map((side) => [
            `Input ${side}`,
            ...lines.map((line) => values.cell(`fdn.input.${line}.${side}`)),
          ]),
          ...(['left', 'right'] as const).map((side) => [
            `Output ${side}`,
            ...lines.map((line) => values.cell(`fdn.output.${side}.${line}`)),
          ]),
          ['Length, samples', ...FDN_DELAYS.map(String)],
        ],
      }),
      table({
        caption: 'Mixing angles Θ; the feedback matrix is exp(Θ − Θᵀ)',
        className: 'numbers dense',
        heads: ['', ...lineHeads],
        rows: lines.map((row) => [
          `Line ${row + 1}`,
          ...lines.map((column) => (column > row ? values.cell(`fdn.mixing.${row}.${column}`) : '–')),
        ]),
      }),
      note(
        'Lines are samples at 44.1 kHz. A line keeps Γ^(length / 997) per pass, where Γ is 60 dB down after T60 and is interpolated linearly between the frequencies. The lower half of Θ has no effect.',
      ),
    ],
    'long new-page',
  );
}

/** What the amounts did, or nothing where all of the setting is heard. */
function amountFacts(amounts: Amounts): SheetFact[] {
  const isFull = ([...EFFECTS, 'all'] as const).every((of) => amounts[of] === FULL_AMOUNTS[of]);
  if (isFull) return [];
  const parts = EFFECTS.filter((effect) => amounts[effect] !== 100).map(
    (effect) => `${EFFECT_NAMES[effect]} ${fixed(amounts[effect], 0)} %`,
  );
  const all = amounts.all === 100 ? [] : [`whole chain ${fixed(amounts.all, 0)} %`];
  return [{ label: 'Amounts', text: `${[...all, ...parts].join(', ')} (all values below include them)` }];
}

/** A whole HTML page, below 200 kB. Throws a RangeError unless `raw` holds 151 finite values. */
export function settingsSheet(options: SettingsSheetOptions): string {
  const { name, raw, bypassed, amounts, tempoBpm, date, facts } = options;
  if (raw.length !== PARAMETER_COUNT || !raw.every(Number.isFinite))
    throw new RangeError(`A settings sheet needs ${PARAMETER_COUNT} finite raw values, not ${raw.length}.`);
  const values = new Values(raw);
  const reverbDb = reverbLevelDb(raw);
  const off = [
    ...EFFECTS.filter((effect) => bypassed.includes(effect)).map((effect) => EFFECT_NAMES[effect]),
    ...EQ_BANDS.filter((band) => bypassed.includes(band)).map(
      (band) => `EQ ${BAND_NAMES[band].name.toLowerCase()}`,
    ),
  ];
  const lines: SheetFact[] = [
    ...facts,
    ...(tempoBpm === null ? [] : [{ label: 'Tempo', text: `${fixed(tempoBpm, 1)} BPM` }]),
    { label: 'Level into the chain', text: `${fixed(CHAIN_INPUT_LUFS, 0)} LUFS, integrated` },
    ...amountFacts(amounts),
    ...(off.length === 0 ? [] : [{ label: 'Bypassed', text: off.join(', ') }]),
    {
      label: 'Order',
      text: 'EQ, dynamics, then pan, delay and reverb side by side; the delay is also sent into the reverb',
    },
  ];
  return `<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escaped(name)} – settings</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(name)}</h1>
<p class="about">Settings of a vocal chain, ${escaped(date)}</p>
</header>
<main>
<section>
<dl>
${lines.map(({ label, text }) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>`).join('\n')}
</dl>
</section>
${[
  balanceSection(values, bypassed, reverbDb),
  eqSection(values, bypassed),
  dynamicsSection(values, bypassed),
  delaySection(values, bypassed, tempoBpm),
  reverbSection(values, bypassed, reverbDb),
  appendix(values),
].join('\n')}
</main>
<footer>Made with Voxfit. Values are as heard; curves at 44.1 kHz.</footer>
</body>
</html>
`;
}
