/** `voxfit prior`: learns what presets are like, draws new ones and says how usual a setting is. */
import type { Command } from './command.ts';
import { usageError } from './arguments.ts';

const HELP = `voxfit prior - what a set of presets says about presets

Usage: voxfit prior build <npy|folder|preset.json> ... --out <prior.json>
                    [--rows index.npy] [--mask mask.npy] [--name TEXT]
                    [--source TEXT] [--licence TEXT]
       voxfit prior info <prior.json> [--json]
       voxfit prior sample <prior.json> --n N --seed S --out <folder>
                    [--temperature T] [--sampler gaussian|shaped]
                    [--lock preset.json:ID ...] [--npy]
       voxfit prior score <prior.json> <preset> ... [--json]
       voxfit prior check <prior.json> [--n N] [--seed S]
                    [--sampler gaussian|shaped] [--json]
       voxfit prior report <npy|folder> --out <folder>
                    [--rows index.npy] [--mask mask.npy]
                    [--compare npy|folder]

  build   learns mean, covariance, shapes and how well they describe presets
          they were not made from. Sets of any size from 3 work; small ones
          are shrunk (Ledoit-Wolf), and info says by how much. Of a folder,
          its preset files count or, where there are none, its arrays; beside
          raw_params.npy, train_index.npy picks the rows and feature_mask.npy
          the values
  info    prints what the prior holds; --json prints every number of it
  sample  writes N new presets. gaussian: a normal distribution cut off at 3
          standard deviations, with the presets' mean and covariance; shaped:
          every parameter distributed as in the presets. Locked parameters
          keep the preset's values and the others are drawn given these
  score   log-density in nats, Mahalanobis distance and percentiles: of the
          normal distribution (chi-square), and of presets held out in
          cross-validation
  check   plays a short noise through N samples (1000 unless given) and says
          whether any of them is not finite or grows
  report  every figure and table of a set as one HTML page, CSV and SVG files

Options:
  --out PATH         the file or folder to write
  --rows FILE        a .npy list of the rows to use (the first is 0)
  --mask FILE        a .npy list of 151 booleans: the values to use;
                     without it, the 130 that are heard
  --n N              how many presets, 1 to 100,000
  --seed S           a whole number: the same presets for the same seed
  --temperature T    0 to 5, 1 unless given: how far from the usual
  --sampler NAME     gaussian (unless given) or shaped
  --lock FILE:ID ... a preset and the parameters to take from it: eq, eq.pk1,
                     comp.threshold, ...; several may follow
  --npy              write one array, samples.npy, instead of preset files
  --compare SET      a second set to hold against the first
  --json             for programs
  --help             this text

Examples:
  voxfit prior build raw_params.npy --rows train_index.npy --out prior.json
  voxfit prior sample prior.json --n 10 --seed 1 --lock liz.json:eq --out new
  voxfit prior score prior.json liz.json --json
`;

const ACTIONS: Readonly<Record<string, () => Promise<(argv: readonly string[]) => Promise<number>>>> = {
  build: async () => (await import('./prior-build.ts')).buildPrior,
  info: async () => (await import('./prior-info.ts')).priorInfo,
  sample: async () => (await import('./prior-sample.ts')).samplePresets,
  score: async () => (await import('./prior-score.ts')).scorePresets,
  check: async () => (await import('./prior-check.ts')).checkPrior,
  report: async () => (await import('./prior-report.ts')).reportSet,
};

export const priorCommand: Command = {
  help: HELP,
  async run(argv) {
    const [action, ...rest] = argv;
    const names = Object.keys(ACTIONS).join(', ');
    if (action === undefined) throw usageError('prior', `Say what to do: ${names}.`);
    if (!Object.hasOwn(ACTIONS, action)) throw usageError('prior', `“${action}” is not one of ${names}.`);
    const run = await ACTIONS[action]();
    return run(rest);
  },
};
