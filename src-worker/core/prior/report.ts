/**
 * Everything the analysis of a set of presets has to say, as files: one page with all figures and tables, the figures as SVG,
 * the tables as CSV (UTF-8, commas, a head line, full precision).
 */
import { escaped, STYLE, table } from '../sheet/page.ts';
import { correlationDistances, dendrogramOrder, wardClustering } from './clustering.ts';
import {
  COMPONENT_SCALES,
  componentsNeeded,
  cumulative,
  explainedShares,
  sharesOnOthers,
  weightsOf,
  type ComponentScale,
} from './components.ts';
import { effectCorrelations, largestCorrelations, spearmanOf } from './correlation.ts';
import { CURVE_KINDS, componentCurves } from './curves.ts';
import { EFFECT_GROUPS } from './dimensions.ts';
import { histogramOf, normalityOf, type NormalityTest } from './distribution.ts';
import { componentLabels } from './labels.ts';
import { informativeRows, type PriorModel } from './model.ts';
import { column, rowOf, type Rows } from './moments.ts';
import {
  componentPlot,
  cumulativePlot,
  FIGURE_STYLE,
  heatMap,
  histogramGrid,
  standalone,
} from './report-figures.ts';

const LARGEST_SHOWN = 20;
const COMPONENTS_DRAWN = 6;
const DEVIATIONS = [-2, 0, 2] as const;
const HISTOGRAM_BINS = 20;
const SIGNIFICANT = 0.05;
const PAGE_STYLE = '.four { display: grid; grid-template-columns: 1fr 1fr; gap: 0 5mm; }\n';
const SHARES_SHOWN = [0.5, 0.8, 0.9, 0.95, 0.99] as const;

export interface ReportInput {
  readonly model: PriorModel;
  readonly raws: readonly Float64Array[];
  /** A second set, held against the first on the first's dimensions. */
  readonly compared?: { readonly model: PriorModel; readonly raws: readonly Float64Array[] } | undefined;
}

/** Text by file name; `report.html` is the page. */
export function priorReport(input: ReportInput): Map<string, string> {
  const files = new Map<string, string>();
  const page: string[] = [];
  const set: AnalysedSet = {
    ...input,
    rows: informativeRows(input.raws, input.model.dimensions),
    ids: input.model.ids,
  };
  const out: Output = {
    csv: (name, lines) => files.set(`${name}.csv`, csvText(lines)),
    figure(name, svg, caption) {
      files.set(`${name}.svg`, standalone(svg));
      return `<figure>${svg}<figcaption>${escaped(caption)}</figcaption></figure>`;
    },
  };
  page.push(
    likelihoodSection(set, out),
    varianceSection(set, out),
    componentsSection(set, out),
    correlationSection(set, out),
    distributionSection(set, out),
  );
  const { provenance, presetCount, dimensions } = input.model;
  files.set(
    'report.html',
    `<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escaped(provenance.name)} – analysis</title>
<style>${STYLE}${FIGURE_STYLE}${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(provenance.name)}</h1>
<p class="about">${presetCount} presets, ${dimensions.length} parameters, ${escaped(provenance.date)}</p>
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

interface AnalysedSet extends ReportInput {
  readonly rows: Rows;
  readonly ids: readonly string[];
}

interface Output {
  csv(name: string, lines: readonly (readonly (string | number | null)[])[]): void;
  /** Keeps the picture as a file; the element for the page. */
  figure(name: string, svg: string, caption: string): string;
}

function csvText(lines: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${lines.map((line) => line.map(cell).join(',')).join('\n')}\n`;
}

const section = (title: string, note: string, parts: readonly string[]): string =>
  `<section class="long">\n<h2>${escaped(title)}</h2>\n<p>${escaped(note)}</p>\n${parts.join('\n')}\n</section>`;

const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;
const signed = (value: number, digits: number): string => value.toFixed(digits).replace('-', '−');

function likelihoodSection({ model }: AnalysedSet, out: Output): string {
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

function varianceSection({ model, compared }: AnalysedSet, out: Output): string {
  const curves: { label: string; shares: Float64Array; of: number }[] = COMPONENT_SCALES.map((scale) => {
    const components = model.componentsIn(scale);
    return { label: scale, shares: explainedShares(components), of: components.rank };
  });
  if (compared) {
    const own = compared.model.componentsIn('plain');
    const components = model.componentsIn('plain');
    const name = compared.model.provenance.name;
    curves.push(
      { label: `${name}, plain`, shares: explainedShares(own), of: own.rank },
      {
        label: `${name} on these components`,
        shares: sharesOnOthers(components, informativeRows(compared.raws, model.dimensions)),
        of: components.rank,
      },
    );
  }
  const sums = curves.map(({ label, shares }) => ({ label, shares: cumulative(shares) }));
  out.csv('cumulative-variance', [
    ['component', ...curves.map(({ label }) => label)],
    ...model.dimensions.map((_, k) => [k + 1, ...sums.map(({ shares }) => shares[k])]),
  ]);
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
      out.figure(
        'cumulative-variance',
        cumulativePlot(
          'Cumulative variance over the number of components',
          compared ? [sums[0], ...sums.slice(2)] : sums,
        ),
        'The guide is at 99 %.',
      ),
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

function componentsSection(set: AnalysedSet, out: Output): string {
  const { model, ids } = set;
  const drawn: string[] = [];
  for (const scale of COMPONENT_SCALES) {
    const components = model.componentsIn(scale);
    const shares = explainedShares(components);
    const sums = cumulative(shares);
    const labels = componentLabels(model, scale, COMPONENTS_DRAWN);
    const tests = weightTests(set, scale);
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
        ...testCells(tests[k]),
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
      ...drawnComponents(set, scale, out),
    );
  }
  return section(
    'What the first components do',
    'The mean setting (black) and the settings two standard deviations along each component: whole line to the positive side, dashed line to the negative.',
    drawn,
  );
}

function drawnComponents({ model }: AnalysedSet, scale: ComponentScale, out: Output): string[] {
  const shares = explainedShares(model.componentsIn(scale));
  return componentLabels(model, scale, COMPONENTS_DRAWN).flatMap((label, k) => {
    const name = `component ${k + 1}`;
    const curves = componentCurves(model, scale, k, DEVIATIONS);
    const figures = CURVE_KINDS.map((kind) =>
      out.figure(`component-${scale}-${k + 1}-${kind}`, componentPlot(name, kind, curves), ''),
    );
    return [
      `<h3>Component ${k + 1}, ${percent(shares[k], 1)} of the variance</h3>`,
      `<p>${escaped(`More: ${label.more}. Less: ${label.less}.`)}</p>`,
      `<div class="four">${figures.join('')}</div>`,
    ];
  });
}

function correlationSection({ rows, ids, model, compared }: AnalysedSet, out: Output): string {
  const n = ids.length;
  const rho = spearmanOf(rows);
  const merges = wardClustering(correlationDistances(rho), n);
  const order = dendrogramOrder(merges, n);
  out.csv('spearman', [['', ...ids], ...ids.map((id, i) => [id, ...rho.subarray(i * n, (i + 1) * n)])]);
  out.csv('clustering', [
    ['merge', 'first', 'second', 'height'],
    ...merges.map(({ first, second, height }, m) => [n + m, first, second, height]),
  ]);
  out.csv('dendrogram-order', [
    ['place', 'index', 'id'],
    ...order.map((item, place) => [place, item, ids[item]]),
  ]);

  const otherRho = compared && spearmanOf(informativeRows(compared.raws, model.dimensions));
  const largest = largestCorrelations(rho, ids, LARGEST_SHOWN).map((pair) => ({
    ...pair,
    other: otherRho ? otherRho[ids.indexOf(pair.a) * n + ids.indexOf(pair.b)] : null,
  }));
  const otherName = compared?.model.provenance.name;
  out.csv('largest-correlations', [
    ['a', 'b', 'rho', ...(otherName === undefined ? [] : [`rho in ${otherName}`])],
    ...largest.map(({ a, b, rho: value, other }) => [a, b, value, ...(other === null ? [] : [other])]),
  ]);

  const effects = effectCorrelations(rho, ids);
  out.csv('effect-correlations', [
    ['a', 'b', 'mean_absolute_rho'],
    ...effects.map(({ a, b, meanAbsolute }) => [a, b, meanAbsolute]),
  ]);
  const names = EFFECT_GROUPS.map(({ name }) => name).filter((name) => effects.some(({ a }) => a === name));
  const means = new Float64Array(names.length ** 2).fill(NaN);
  for (const { a, b, meanAbsolute } of effects) {
    const [i, j] = [names.indexOf(a), names.indexOf(b)];
    means[i * names.length + j] = means[j * names.length + i] = meanAbsolute ?? NaN;
  }
  const inOrder = Array.from({ length: n }, (_, i) => i);
  return section(
    'Correlations',
    'Spearman’s rank correlation of raw values: orange where parameters rise together, blue where one falls. Attack, release and averaging count as coefficients, which fall as their times rise.',
    [
      out.figure(
        'effect-correlations',
        heatMap({
          title: 'Mean absolute correlation between and within effects',
          values: means,
          labels: names,
          order: names.map((_, i) => i),
          full: Math.max(0.2, ...means.filter((value) => !Number.isNaN(value))),
          isWritten: true,
          cellSize: 38,
        }),
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
      out.figure(
        'spearman-clustered',
        heatMap({
          title: 'Spearman correlations of all parameters, clustered',
          values: rho,
          labels: ids,
          order,
          merges,
          cellSize: 5,
        }),
        'Ordered by Ward clustering of 1 − |ρ|; the dendrogram above.',
      ),
      out.figure(
        'spearman',
        heatMap({
          title: 'Spearman correlations of all parameters, in signal order',
          values: rho,
          labels: ids,
          order: inOrder,
          cellSize: 5,
        }),
        'In signal order.',
      ),
    ],
  );
}

function distributionSection(set: AnalysedSet, out: Output): string {
  const { model, rows, ids } = set;
  const columns = ids.map((_, i) => column(rows, i));
  const tests = columns.map(normalityOf);
  const histograms = columns.map((values, i) => ({
    label: ids[i],
    histogram: histogramOf(values, HISTOGRAM_BINS),
  }));
  out.csv('parameters', [
    ['id', 'mean', 'standard_deviation', 'skewness', 'kurtosis', 'k_squared', 'p'],
    ...ids.map((id, i) => [
      id,
      model.mean[i],
      Math.sqrt(model.covariance[i * ids.length + i]),
      ...testCells(tests[i]),
    ]),
  ]);
  out.csv('covariance', [
    ['', ...ids],
    ...ids.map((id, i) => [id, ...model.covariance.subarray(i * ids.length, (i + 1) * ids.length)]),
  ]);
  out.csv('histograms', [
    ['id', 'from', 'to', 'count'],
    ...histograms.flatMap(({ label, histogram: { from, to, counts } }) =>
      counts.map((count, bin) => [
        label,
        from + ((to - from) * bin) / counts.length,
        from + ((to - from) * (bin + 1)) / counts.length,
        count,
      ]),
    ),
  ]);
  const tally = (found: readonly (NormalityTest | null)[]): string[] => {
    const valid = found.filter((test) => test !== null);
    const below = (limit: number): string =>
      `${valid.filter(({ p }) => p < limit).length} of ${valid.length}`;
    return [below(SIGNIFICANT), below(SIGNIFICANT / Math.max(1, valid.length))];
  };
  return section(
    'Distributions',
    'Raw values of every parameter, and the test of D’Agostino and Pearson whether they, or the weights of the components, could come from a normal distribution.',
    [
      table({
        heads: ['', 'Not normal (p < 0.05)', 'Not normal after Bonferroni’s correction'],
        rows: [
          ['Parameters', ...tally(tests)],
          ...COMPONENT_SCALES.map((scale) => [
            `Weights of the ${scale} components`,
            ...tally(weightTests(set, scale)),
          ]),
        ],
      }),
      out.figure(
        'histograms',
        histogramGrid('Histograms of all parameters', histograms),
        'Raw values; the least and the largest below each.',
      ),
    ],
  );
}

/** Of each component's weights over the presets. */
function weightTests({ model, rows }: AnalysedSet, scale: ComponentScale): (NormalityTest | null)[] {
  const components = model.componentsIn(scale);
  const weights = Array.from({ length: rows.count }, (_, row) => weightsOf(components, rowOf(rows, row)));
  return Array.from({ length: components.rank }, (_, k) => normalityOf(weights.map((of) => of[k])));
}

const testCells = (test: NormalityTest | null | undefined): (number | null)[] =>
  test ? [test.skewness, test.kurtosis, test.kSquared, test.p] : [null, null, null, null];
