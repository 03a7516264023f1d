/** `voxfit prior info`: what a prior holds. */
import { componentsNeeded, COMPONENT_SCALES, cumulative, explainedShares } from '#core/prior/components.ts';
import { componentLabels } from '#core/prior/labels.ts';
import type { PriorModel } from '#core/prior/model.ts';
import { parseArguments } from './arguments.ts';
import { readPrior } from './prior-sources.ts';

const MOST_OF_VARIANCE = 0.99;
const LABELLED = 8;

/** A few lines for people, ending in a newline. */
export function priorSummary(model: PriorModel): string {
  const { provenance, presetCount, dimensions, shrinkage, heldOut } = model;
  const components = model.componentsIn('plain');
  const shares = explainedShares(components);
  const needed = componentsNeeded(shares, MOST_OF_VARIANCE);
  const nats = (value: number | null): string => (value === null ? 'none' : value.toFixed(1)).padStart(9);
  const labels = componentLabels(model, 'plain', 4);
  return `${[
    provenance.name,
    `  made from ${presetCount} presets (${provenance.source}), ${provenance.date}; licence: ${provenance.licence}`,
    `  ${dimensions.length} parameters; ${needed} of ${components.rank} components (${((100 * needed) / components.rank).toFixed(2)} %) hold 99 % of the variance`,
    ...(model.isShrunk
      ? [
          `  small set: correlations are shrunk by ${(100 * shrinkage).toFixed(0)} % (Ledoit-Wolf) for densities and samples`,
        ]
      : []),
    ...(heldOut
      ? [
          '  log-likelihood of held-out presets (5 folds), nats per preset:',
          `    normal distribution, sample covariance ${nats(heldOut.likelihood.gaussian)}`,
          `    normal distribution, shrunk            ${nats(heldOut.likelihood.shrunkGaussian)}`,
          `    mixture of two normal distributions    ${nats(heldOut.likelihood.mixture)}`,
          `    own shapes with a Gaussian copula      ${nats(heldOut.likelihood.copula)}`,
        ]
      : ['  too few presets to hold any out']),
    ...labels.map(
      ({ more, less }, k) => `  component ${k + 1} (${(100 * shares[k]).toFixed(1)} %): ${more} | ${less}`,
    ),
  ].join('\n')}\n`;
}

/** Every number of a prior, for programs. */
function priorNumbers(model: PriorModel): unknown {
  const d = model.dimensions.length;
  const list = (values: Float64Array): number[] => Array.from(values);
  const components = Object.fromEntries(
    COMPONENT_SCALES.map((scale) => {
      const { variance, rank } = model.componentsIn(scale);
      const shares = explainedShares({ variance });
      const needed = componentsNeeded(shares, MOST_OF_VARIANCE);
      return [
        scale,
        {
          rank,
          variance: list(variance),
          explained: list(shares),
          cumulative: list(cumulative(shares)),
          needed_for_99: needed,
          needed_for_99_percent_of_components: Number(((100 * needed) / rank).toFixed(2)),
          labels: componentLabels(model, scale, LABELLED),
        },
      ];
    }),
  );
  const likelihood = model.heldOut?.likelihood;
  return {
    ...model.provenance,
    presets: model.presetCount,
    dimensions: d,
    ids: model.ids,
    shrinkage: model.shrinkage,
    shrunk: model.isShrunk,
    held_out_nats_per_preset: likelihood
      ? {
          folds: 5,
          gaussian: likelihood.gaussian,
          shrunk_gaussian: likelihood.shrunkGaussian,
          copula: likelihood.copula,
          mixture: likelihood.mixture,
        }
      : null,
    better_sampler: model.prefersShaped ? 'shaped' : 'gaussian',
    components,
    mean: list(model.mean),
    covariance: Array.from({ length: d }, (_, i) => list(model.covariance.subarray(i * d, (i + 1) * d))),
  };
}

export async function priorInfo(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: 'prior info',
    positionals: ['prior'],
    options: { json: 'flag' },
  });
  const model = await readPrior(positionals[0]);
  process.stdout.write(options.json ? `${JSON.stringify(priorNumbers(model))}\n` : priorSummary(model));
  return 0;
}
