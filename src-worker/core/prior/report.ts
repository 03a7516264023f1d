/**
 * Everything the analysis of a set of presets has to say, as files: one page with all figures and tables, the figures as SVG,
 * the tables as CSV.
 */
import { escaped, STYLE, table } from '../sheet/page.ts';
import {
  analysePresets,
  correctedLimit,
  SIGNIFICANT,
  spaceOf,
  tallyOf,
  type Analysis,
  type CorrelationKind,
  type Tests,
} from './analysis.ts';
import {
  correlationFigure,
  effectFigure,
  histogramFigure,
  parameterTable,
  testCells,
  varianceFigure,
  type Figure,
  type VarianceCurve,
} from './analysis-figures.ts';
import {
  COMPONENT_SCALES,
  componentsNeeded,
  cumulative,
  explainedShares,
  sharesOnOthers,
  type ComponentScale,
} from './components.ts';
import { largestCorrelations } from './correlation.ts';
import { csvText, type CsvLine } from './csv.ts';
import { CURVE_KINDS, componentCurves } from './curves.ts';
import { componentLabels } from './labels.ts';
import { informativeRows, type PriorModel } from './model.ts';
import { componentPlot, FIGURE_STYLE, standalone } from './report-figures.ts';

/** Pairs in a list of the largest correlations. */
export const LARGEST_SHOWN = 20;
/** Shares of the variance that the components needed are told for. */
export const SHARES_SHOWN = [0.5, 0.8, 0.9, 0.95, 0.99] as const;
const COMPONENTS_DRAWN = 6;
const DEVIATIONS = [-2, 0, 2] as const;
const PAGE_STYLE = '.four { display: grid; grid-template-columns: 1fr 1fr; gap: 0 5mm; }\n';

interface ModelledSet {
  readonly model: PriorModel;
  readonly raws: readonly Float64Array[];
}

export interface ReportInput extends ModelledSet {
  /** A second set, held against the first on the first's dimensions. */
  readonly compared?: ModelledSet | undefined;
}

/** Text by file name of a whole report on presets and the prior made of them; `report.html` is the page. */
export function priorReport({ model, raws, compared }: ReportInput): Map<string, string> {
  const { name, date } = model.provenance;
  const analysed = (of: ModelledSet): Analysis =>
    analysePresets(of.raws, { name: of.model.provenance.name, dimensions: model.dimensions });
  return analysisReport({
    analysis: analysePresets(raws, { name, dimensions: model.dimensions }),
    date,
    model,
    compared: compared && { analysis: analysed(compared), raws: compared.raws },
  });
}

export interface AnalysisReport {
  readonly analysis: Analysis;
  /** ISO 8601 date. */
  readonly date: string;
  /** What was learned from the presets; without it, nothing is said on how well distributions describe them. */
  readonly model?: PriorModel | undefined;
  readonly compared?: { readonly analysis: Analysis; readonly raws: readonly Float64Array[] } | undefined;
}

/** Text by file name; `report.html` is the page. */
export function analysisReport(input: AnalysisReport): Map<string, string> {
  const { analysis, date, model } = input;
  const files = new Map<string, string>();
  const out: Output = {
    csv: (name, lines) => files.set(`${name}.csv`, csvText(lines)),
    svg(name, svg, caption) {
      files.set(`${name}.svg`, standalone(svg));
      return `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`;
    },
    figure({ name, svg, table: lines }, caption) {
      out.csv(name, lines);
      return out.svg(name, svg, caption);
    },
  };
  const page = [
    ...(model ? [likelihoodSection(model, out)] : []),
    varianceSection(input, out),
    componentsSection(analysis, out),
    correlationSection(input, out),
    distributionSection(analysis, out),
  ];
  files.set(
    'report.html',
    `<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escaped(analysis.name)} – analysis</title>
<style>${STYLE}${FIGURE_STYLE}${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(analysis.name)}</h1>
<p class="about">${analysis.presetCount} presets, ${analysis.dimensions.length} parameters, ${escaped(date)}</p>
</header>
<main>
${page.join('\n')}
</main>
<footer>Made with Voxfit. Tables and figures of this page lie beside it as CSV and SVG files.</footer>
</body>
</html>
`,
  );
  return files;
}

interface Output {
  csv(name: string, lines: readonly CsvLine[]): void;
  /** Keeps the picture as a file; the element for the page. */
  svg(name: string, svg: string, caption: string): string;
  /** Keeps picture and table. */
  figure(figure: Figure, caption: string): string;
}

const section = (title: string, note: string, parts: readonly string[]): string =>
  `<section class="long">\n<h2>${escaped(title)}</h2>\n<p>${escaped(note)}</p>\n${parts.join('\n')}\n</section>`;

const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;
const signed = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');

function likelihoodSection(model: PriorModel, out: Output): string {
  const likelihood = model.heldOut?.likelihood;
  const rows: [string, string, number | null][] = likelihood
    ? [
        ['gaussian', 'Normal distribution, sample covariance', likelihood.gaussian],
        ['shrunk_gaussian', 'Normal distribution, shrunk covariance', likelihood.shrunkGaussian],
        ['mixture', 'Mixture of two normal distributions', likelihood.mixture],
        ['copula', 'Own shape of every parameter, Gaussian copula', likelihood.copula],
      ]
    : [];
  out.csv('held-out-likelihood', [
    ['model', 'nats_per_preset'],
    ...rows.map(([name, , value]) => [name, value]),
  ]);
  const small = model.isShrunk
    ? ` The set is small for its ${model.dimensions.length} parameters: correlations are shrunk by ${percent(model.shrinkage, 1)} (Ledoit–Wolf) wherever densities or samples are needed.`
    : '';
  return section(
    'How well a distribution describes presets it has not seen',
    `Mean log-likelihood of held-out presets in five-fold cross-validation, in nats per preset; higher is better.${small}`,
    rows.length === 0
      ? ['<p class="note">There are too few presets to hold any out.</p>']
      : [
          table({
            heads: ['Distribution', 'Nats per preset'],
            rows: rows.map(([, label, value]) => [
              label,
              value === null ? 'none: too few presets' : signed(value, 1),
            ]),
          }),
        ],
  );
}

function varianceSection({ analysis, compared }: AnalysisReport, out: Output): string {
  const { components } = analysis;
  const others: (VarianceCurve & { of: number })[] = [];
  if (compared) {
    const own = compared.analysis.components.plain;
    const { name } = compared.analysis;
    others.push(
      { label: `${name}, plain`, shares: explainedShares(own), of: own.rank },
      {
        label: `${name} on these components`,
        shares: sharesOnOthers(components.plain, informativeRows(compared.raws, analysis.dimensions)),
        of: components.plain.rank,
      },
    );
  }
  const curves = [
    ...COMPONENT_SCALES.map((scale) => ({
      label: scale as string,
      shares: explainedShares(components[scale]),
      of: components[scale].rank,
    })),
    ...others,
  ];
  out.csv('components-needed', [
    ['share_of_variance', ...curves.flatMap(({ label }) => [label, `${label}, % of components`])],
    ...SHARES_SHOWN.map((share) => [
      share,
      ...curves.flatMap(({ shares, of }) => {
        const needed = componentsNeeded(shares, share);
        return [needed, Number(((100 * needed) / of).toFixed(2))];
      }),
    ]),
  ]);
  return section(
    'Variance',
    'How much of the variance the first principal components hold. Plain: of the raw values; standardised: of the raw values divided by their standard deviations.',
    [
      out.figure(varianceFigure(analysis, others), 'The guide is at 99 %.'),
      table({
        caption: 'Components needed, and their part of all components that vary',
        heads: ['Variance', ...curves.map(({ label }) => label)],
        rows: SHARES_SHOWN.map((share) => [
          percent(share, 0),
          ...curves.map(({ shares, of }) => {
            const needed = componentsNeeded(shares, share);
            return `${needed} (${percent(needed / of)})`;
          }),
        ]),
      }),
    ],
  );
}

function componentsSection(analysis: Analysis, out: Output): string {
  const { ids } = analysis;
  const drawn: string[] = [];
  for (const scale of COMPONENT_SCALES) {
    const components = analysis.components[scale];
    const shares = explainedShares(components);
    const sums = cumulative(shares);
    const labels = componentLabels(spaceOf(analysis), scale, COMPONENTS_DRAWN);
    const tests = analysis.tests?.weights[scale];
    out.csv(`components-${scale}`, [
      [
        'component',
        'variance',
        'share',
        'cumulative',
        'more',
        'less',
        'skewness',
        'kurtosis',
        'k_squared',
        'p',
      ],
      ...Array.from(components.variance.subarray(0, components.rank), (variance, k) => [
        k + 1,
        variance,
        shares[k],
        sums[k],
        labels[k]?.more ?? '',
        labels[k]?.less ?? '',
        ...testCells(tests?.[k]),
      ]),
    ]);
    out.csv(`loadings-${scale}`, [
      ['component', ...ids],
      ...Array.from({ length: components.rank }, (_, k) => [
        k + 1,
        ...components.vectors.subarray(k * ids.length, (k + 1) * ids.length),
      ]),
    ]);
    drawn.push(
      `<h3>${scale === 'plain' ? 'Plain' : 'Standardised'}</h3>`,
      ...drawnComponents(analysis, scale, out),
    );
  }
  return section(
    'What the first components do',
    'The mean setting (black) and the settings two standard deviations along each component: whole line to the positive side, dashed line to the negative.',
    drawn,
  );
}

function drawnComponents(analysis: Analysis, scale: ComponentScale, out: Output): string[] {
  const space = spaceOf(analysis);
  const shares = explainedShares(analysis.components[scale]);
  return componentLabels(space, scale, COMPONENTS_DRAWN).flatMap((label, k) => {
    const name = `component ${k + 1}`;
    const curves = componentCurves(space, scale, k, DEVIATIONS);
    const figures = CURVE_KINDS.map((kind) =>
      out.svg(`component-${scale}-${k + 1}-${kind}`, componentPlot(name, kind, curves), ''),
    );
    return [
      `<h3>Component ${k + 1}, ${percent(shares[k], 1)} of the variance</h3>`,
      `<p>${escaped(`More: ${label.more}. Less: ${label.less}.`)}</p>`,
      `<div class="four">${figures.join('')}</div>`,
    ];
  });
}

const CORRELATION_NOTES: Readonly<Record<CorrelationKind, string>> = {
  spearman:
    'Spearman’s rank correlation of raw values: orange where parameters rise together, blue where one falls. Attack, release and averaging count as coefficients, which fall as their times rise.',
  pearson:
    'Pearson’s correlation of raw values, from the covariance, as a prior holds no presets to rank: orange where parameters rise together, blue where one falls. Attack, release and averaging count as coefficients, which fall as their times rise.',
};

function correlationSection({ analysis, compared }: AnalysisReport, out: Output): string {
  const { ids, correlations } = analysis;
  const { kind, rho, merges, order } = correlations;
  const n = ids.length;
  out.csv('clustering', [
    ['merge', 'first', 'second', 'height'],
    ...merges.map(({ first, second, height }, m) => [n + m, first, second, height]),
  ]);
  out.csv('dendrogram-order', [
    ['place', 'index', 'id'],
    ...order.map((item, place) => [place, item, ids[item]]),
  ]);

  const otherRho = compared?.analysis.correlations.rho;
  const largest = largestCorrelations(rho, ids, LARGEST_SHOWN).map((pair) => ({
    ...pair,
    other: otherRho ? otherRho[ids.indexOf(pair.a) * n + ids.indexOf(pair.b)] : null,
  }));
  const otherName = compared?.analysis.name;
  out.csv('largest-correlations', [
    ['a', 'b', 'rho', ...(otherName === undefined ? [] : [`rho in ${otherName}`])],
    ...largest.map(({ a, b, rho: value, other }) => [a, b, value, ...(other === null ? [] : [other])]),
  ]);
  const { table: matrix, ...clustered } = correlationFigure(analysis, true);
  const signal = correlationFigure(analysis, false);
  out.csv(signal.name, matrix);
  return section('Correlations', CORRELATION_NOTES[kind], [
    out.figure(
      effectFigure(analysis),
      'Mean absolute correlation of the parameters of two effects; on the diagonal, of different parameters of one effect.',
    ),
    table({
      caption: 'Largest correlations, pairs within the reverb’s network left out',
      heads: ['Pair', 'ρ', ...(otherName === undefined ? [] : [`ρ in ${otherName}`])],
      rows: largest.map(({ a, b, rho: value, other }) => [
        `${a} – ${b}`,
        signed(value, 2),
        ...(other === null ? [] : [signed(other, 2)]),
      ]),
    }),
    out.svg(clustered.name, clustered.svg, 'Ordered by Ward clustering of 1 − |ρ|; the dendrogram above.'),
    out.svg(signal.name, signal.svg, 'In signal order.'),
  ]);
}

function distributionSection(analysis: Analysis, out: Output): string {
  const { ids, covariance, tests } = analysis;
  out.csv('parameters', parameterTable(analysis));
  out.csv('covariance', [
    ['', ...ids],
    ...ids.map((id, i) => [id, ...covariance.subarray(i * ids.length, (i + 1) * ids.length)]),
  ]);
  const tally = (found: Tests): string[] =>
    [SIGNIFICANT, correctedLimit(found)].map((limit) => {
      const { below, of } = tallyOf(found, limit);
      return `${below} of ${of}`;
    });
  const histograms = histogramFigure(analysis);
  if (!tests)
    return section(
      'Distributions',
      'What the marginals of the prior expect of every parameter’s raw values. Tests of normality need presets.',
      [out.figure(histograms, 'Raw values; the table’s first and last below each.')],
    );
  return section(
    'Distributions',
    'Raw values of every parameter, and the test of D’Agostino and Pearson whether they, or the weights of the components, could come from a normal distribution.',
    [
      table({
        heads: ['', 'Not normal (p < 0.05)', 'Not normal after Bonferroni’s correction'],
        rows: [
          ['Parameters', ...tally(tests.parameters)],
          ...COMPONENT_SCALES.map((scale) => [
            `Weights of the ${scale} components`,
            ...tally(tests.weights[scale]),
          ]),
        ],
      }),
      out.figure(histograms, 'Raw values; the least and the largest below each.'),
    ],
  );
}
