/** `voxfit fit`: a dry and a wet file in, a preset out; progress meanwhile, and the best so far when interrupted. */
import { basename } from 'node:path';
import { BACKENDS, type Backend } from '#core/backend.ts';
import { CHAIN_PARAMETERS, parametersUnder } from '#core/chain/parameters.ts';
import { closestMatches } from '#core/preset/closest.ts';
import type { Preset, PresetDocument } from '#core/preset/preset.ts';
import { UserError } from '#core/errors.ts';
import { averageToMono, lengthSamples } from '#core/signal/audio.ts';
import { FIT_SAMPLE_RATE_HZ } from '#core/units.ts';
import type { FitOptions, FitResult } from '#engine/fit.ts';
import {
  parseArguments,
  parseChoice,
  parseNumber,
  parseRegion,
  usageError,
  type Region,
} from './arguments.ts';
import { resampled, writeSound, type SoundFile } from './audio-files.ts';
import { ProgressReporter, writeJsonLine } from './fit-progress.ts';
import type { Command } from './command.ts';
import { EXIT_INTERRUPTED, endGracefulWork, interruptSignal } from './interrupts.ts';
import { requireDistinctFiles, requireWavName, requireWritable, writeOutput } from './outputs.ts';
import { durationSeconds, readPair } from './pair.ts';
import { readPreset } from './preset-file.ts';
import { formatTerms, type LossView } from './progress-display.ts';
import { renderThroughChain } from './rendering.ts';
import { fourTerms } from './terms.ts';

const COMMAND = 'fit';
const MIN_SECONDS = 1;

const HELP = `voxfit fit - find the settings that turn a dry vocal into its finished version

Usage: voxfit fit <dry> <wet> --out <preset.json> [options]

  <dry> and <wet> are wav, aiff, flac, mp3 or ogg files of the same take, mono
  or stereo, at any sample rate and level.

Options:
  --out FILE        the preset to write
  --render FILE     also play <dry> through the result into a 32-bit float wav
                    with the rate, level, alignment and length of <wet>, so that
                    the two can be compared sample by sample
  --report FILE     also write a JSON report: inputs, options, losses before and
                    after and over time, settings
  --budget SECONDS  stop after this time, the trial of a GPU not counted
                    (default: when it no longer improves)
  --steps N         stop after N steps instead
  --seed N          seed of every random choice (default 0)
  --threads N       threads to use (default: one a core)
  --backend WHAT    what computes: cpu, webgpu (a GPU), or auto, the default,
                    which tries both for a moment and takes the faster; a GPU
                    that fails on the way is replaced by the processor, and
                    nothing is lost (voxfit devices shows what there is)
  --from S, --to S  fit this region only, in seconds
  --init WHAT       start from: auto (measured from the sound, the default),
                    neutral, or a preset file
  --lock ID...      keep these as they start: effects (eq, comp, delay, fdn,
                    pan), parts (eq.pk1) or parameters (delay.time); several
                    words, commas, or repeated
  --json            JSON lines instead of a progress bar:
                      {"event":"progress",...} up to four a second; "preset",
                      the best so far, is in it at most once a second and only
                      after it has changed
                      {"event":"warning","message":...}
                      {"event":"done",...,"backend":"cpu"|"webgpu",
                      "backend_note":...,"preset":{...}} last
  --help            this text

Ctrl-C stops, keeps and writes the best so far, and exits with 130; a second
Ctrl-C quits at once.

Examples:
  voxfit fit dry.wav wet.wav --out preset.json --render matched.wav
  voxfit fit dry.wav wet.wav --out next.json --init preset.json --lock eq comp
`;

interface Request {
  readonly dryPath: string;
  readonly wetPath: string;
  readonly out: string;
  readonly render: string | undefined;
  readonly report: string | undefined;
  readonly json: boolean;
  readonly seed: number;
  readonly region: Region;
  readonly isRegionGiven: boolean;
  readonly init: string;
  readonly locked: readonly number[];
  /** As typed, for the report. */
  readonly locks: readonly string[];
  readonly backend: Backend;
  readonly limits: Pick<FitOptions, 'budgetSeconds' | 'steps' | 'threads'>;
}

const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;

/** Every id, and every effect and part that has parameters under it. */
function selectors(): string[] {
  const all = CHAIN_PARAMETERS.flatMap(({ id }) => {
    const parts = id.split('.');
    return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
  });
  return [...new Set(all)];
}

function lockedIndices(locks: readonly string[]): number[] {
  const indices = locks.flatMap((lock) => {
    const found = parametersUnder(lock);
    if (found.length > 0) return found;
    const matches = closestMatches(lock, selectors(), 5);
    throw usageError(
      COMMAND,
      `--lock: “${lock}” is neither a parameter nor an effect. ${
        matches.length > 0 ? `Close: ${matches.join(', ')}.` : 'Effects: eq, comp, delay, fdn, pan.'
      }`,
    );
  });
  return [...new Set(indices)].sort((a, b) => a - b);
}

function readRequest(argv: readonly string[]): Request {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['dry', 'wet'],
    options: {
      out: 'value',
      render: 'value',
      report: 'value',
      budget: 'value',
      steps: 'value',
      seed: 'value',
      threads: 'value',
      backend: 'value',
      from: 'value',
      to: 'value',
      init: 'value',
      lock: 'list',
      json: 'flag',
    },
    inList: (word) => word.split(',').every((part) => parametersUnder(part).length > 0),
  });
  const [dryPath, wetPath] = positionals;
  if (options.out === undefined) throw usageError(COMMAND, '--out is missing: where to write the preset.');
  if (options.budget !== undefined && options.steps !== undefined)
    throw usageError(COMMAND, 'Give either --budget or --steps, not both.');
  const number = (
    text: string | undefined,
    option: string,
    what: string,
    accepts: (value: number) => boolean,
  ): number | undefined =>
    text === undefined ? undefined : parseNumber(text, { command: COMMAND, option, what, accepts });
  const budgetSeconds = number(
    options.budget,
    '--budget',
    'a number of seconds above 0',
    (value) => value > 0,
  );
  const steps = number(options.steps, '--steps', 'a whole number from 1', wholeNumber(1));
  const threads = number(options.threads, '--threads', 'a whole number from 1 to 256', wholeNumber(1, 256));
  return {
    dryPath,
    wetPath,
    out: options.out,
    render: options.render,
    report: options.report,
    json: options.json,
    seed:
      number(options.seed, '--seed', 'a whole number from 0 to 4294967295', wholeNumber(0, 2 ** 32 - 1)) ?? 0,
    region: parseRegion(options.from, options.to, COMMAND),
    isRegionGiven: options.from !== undefined || options.to !== undefined,
    init: options.init ?? 'auto',
    locked: lockedIndices(options.lock),
    locks: options.lock,
    backend: parseChoice(options.backend ?? 'auto', COMMAND, '--backend', BACKENDS),
    limits: {
      ...(budgetSeconds === undefined ? {} : { budgetSeconds }),
      ...(steps === undefined ? {} : { steps }),
      ...(threads === undefined ? {} : { threads }),
    },
  };
}

/** Throws UserError('bad-input') if too little is left of the pair in the region. */
function requireRegion(dry: SoundFile, wet: SoundFile, region: Region): void {
  const shortest = Math.min(durationSeconds(dry), durationSeconds(wet));
  const left = Math.min(region.toSeconds ?? shortest, shortest) - region.fromSeconds;
  if (left < MIN_SECONDS)
    throw new UserError(
      'bad-input',
      `The region to fit has ${Math.max(0, left).toFixed(2)} s of sound (the files last ${shortest.toFixed(2)} s); it must be at least ${MIN_SECONDS} s long.`,
    );
}

async function readInit(init: string): Promise<NonNullable<FitOptions['init']>> {
  if (init === 'neutral' || init === 'auto') return init;
  return (await readPreset(init)).raw;
}

function presetOfResult(result: FitResult, request: Request, dry: SoundFile, wet: SoundFile): Preset {
  return {
    name: basename(request.wetPath).replace(/\.[^.]+$/, ''),
    raw: result.raw,
    calibration: {
      ...result.calibration,
      wetSampleRateHz: wet.sampleRateHz,
      wetLengthSamples: lengthSamples(wet),
    },
    fit: {
      loss: result.loss,
      initialLoss: result.initialLoss,
      terms: fourTerms(result.terms),
      steps: result.steps,
      evaluations: result.evaluations,
      elapsedSeconds: result.elapsed,
      stopped: result.stopped,
      seed: request.seed,
      dry: basename(dry.path),
      wet: basename(wet.path),
      date: new Date().toISOString(),
    },
  };
}

/** The dry through the fitted chain, with the wet's rate, level, alignment, polarity and length. */
async function renderLikeWet(path: string, dry: SoundFile, wet: SoundFile, result: FitResult): Promise<void> {
  const { inputGain, outputGain, offsetSamples, polarity } = result.calibration;
  const rendered = await renderThroughChain(
    { sampleRateHz: dry.sampleRateHz, channels: [averageToMono(dry)] },
    {
      raw: result.raw,
      form: 'realtime',
      stage: 'final',
      sampleRateHz: wet.sampleRateHz,
      inputGain,
      outputGain: outputGain * polarity,
      delaySeconds: offsetSamples / FIT_SAMPLE_RATE_HZ,
      lengthSamples: lengthSamples(wet),
    },
  );
  await writeSound(path, rendered, '32f');
}

const interruptedEarly = (): UserError =>
  new UserError('interrupted', 'Interrupted before the fit had begun; nothing was written.');

/** Runs the fit on a checked pair. */
async function fit(
  request: Request,
  init: NonNullable<FitOptions['init']>,
  dry: SoundFile,
  wet: SoundFile,
): Promise<{ result: FitResult; reporter: ProgressReporter }> {
  const signal = interruptSignal();
  const dryAtFitRate = await resampled(dry, FIT_SAMPLE_RATE_HZ);
  const wetAtFitRate = await resampled(wet, FIT_SAMPLE_RATE_HZ);
  if (signal.aborted) throw interruptedEarly();
  const [{ fitPair }, { openNodeGpu }, { presetDocument }] = await Promise.all([
    import('#engine/fit.ts'),
    import('#engine/gpu/hosts/node-gpu.ts'),
    import('#core/preset/preset.ts'),
  ]);
  const reporter = new ProgressReporter(request.json, (raw) => presetDocument({ raw }));
  signal.addEventListener('abort', () => {
    reporter.notice('Stopping; the best so far is kept. Ctrl-C again quits at once.');
  });
  const { fromSeconds, toSeconds } = request.region;
  try {
    const result = await fitPair(dryAtFitRate, wetAtFitRate, {
      ...request.limits,
      ...(request.isRegionGiven ? { fromSeconds } : {}),
      ...(toSeconds === undefined ? {} : { toSeconds }),
      backend: request.backend,
      openGpu: openNodeGpu,
      seed: request.seed,
      init,
      locked: request.locked,
      signal,
      onWork: (text) => {
        reporter.notice(`${text} …`);
      },
      onWarning: (message) => {
        reporter.warn(message);
      },
      onProgress: (progress) => {
        reporter.onProgress(progress);
      },
    });
    return { result, reporter };
  } finally {
    reporter.end();
  }
}

/** The options as the report shows them. */
function describeOptions({ init, locks, seed, region, limits, backend }: Request): Record<string, unknown> {
  return {
    init,
    locked: locks,
    seed,
    from: region.fromSeconds,
    to: region.toSeconds ?? null,
    budget: limits.budgetSeconds ?? null,
    steps: limits.steps ?? null,
    threads: limits.threads ?? null,
    backend,
  };
}

/** The last words on stdout. */
function conclude(
  request: Request,
  result: FitResult,
  document: PresetDocument,
  first: LossView | undefined,
): void {
  const { steps, evaluations, elapsed, loss, initialLoss, stopped, correlation, warnings, use } = result;
  const terms = fourTerms(result.terms);
  const { out, render, report } = request;
  if (request.json) {
    const files = {
      out,
      ...(render === undefined ? {} : { render }),
      ...(report === undefined ? {} : { report }),
    };
    writeJsonLine({
      event: 'done',
      step: steps,
      evaluations,
      elapsed,
      loss,
      terms,
      initial_loss: initialLoss,
      stopped,
      correlation,
      warnings,
      backend: use.backend,
      backend_note: use.sentence,
      ...files,
      preset: document,
    });
    return;
  }
  const reasons = { converged: 'converged', budget: 'limit reached', interrupted: 'interrupted' } as const;
  const written = [out, render, report].filter((path) => path !== undefined);
  process.stdout.write(
    `${[
      `Loss ${initialLoss.toFixed(3)} → ${loss.toFixed(3)} in ${elapsed.toFixed(1)} s (${steps} steps, ${reasons[stopped]})`,
      ...formatTerms(first ?? { loss, terms }, { loss, terms }),
      use.sentence,
      `Wrote ${written.map((path) => `“${path}”`).join(', ')}`,
    ].join('\n')}\n`,
  );
}

async function run(argv: readonly string[]): Promise<number> {
  const request = readRequest(argv);
  const { dryPath, wetPath, out, render, report } = request;
  const initFile = request.init === 'neutral' || request.init === 'auto' ? [] : [request.init];
  const outputs = [out, render, report].filter((path) => path !== undefined);
  if (render !== undefined) requireWavName(COMMAND, render);
  await requireDistinctFiles(COMMAND, [dryPath, wetPath, ...initFile], outputs);
  await requireWritable(outputs);
  const init = await readInit(request.init);
  const { dry, wet } = await readPair(dryPath, wetPath, MIN_SECONDS);
  requireRegion(dry, wet, request.region);

  const { result, reporter } = await fit(request, init, dry, wet);
  if (result.stopped === 'interrupted' && result.steps === 0) throw interruptedEarly();
  const { formatPreset, presetDocument } = await import('#core/preset/preset.ts');
  const preset = presetOfResult(result, request, dry, wet);
  await writeOutput(out, formatPreset(preset));
  endGracefulWork();
  const { first, curve } = reporter;
  if (report !== undefined) {
    const { buildReport } = await import('./fit-report.ts');
    const options = describeOptions(request);
    await writeOutput(
      report,
      buildReport({ dry, wet, result, preset, curve, termsBefore: first?.terms, options }),
    );
  }
  if (render !== undefined) await renderLikeWet(render, dry, wet, result);
  conclude(request, result, presetDocument(preset), first);
  return result.stopped === 'interrupted' ? EXIT_INTERRUPTED : 0;
}

export const fitCommand: Command = { help: HELP, run };
