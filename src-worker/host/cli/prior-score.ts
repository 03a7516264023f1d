/** `voxfit prior score`: how usual settings are. */
import { readPreset } from './preset-file.ts';
import { parseArguments } from './arguments.ts';
import { readPresetSet, readPrior } from './prior-sources.ts';

const COMMAND = 'prior score';
const UNUSUAL_SHOWN = 3;

export async function scorePresets(argv: readonly string[]): Promise<number> {
  const { positionals, options } = parseArguments(argv, {
    command: COMMAND,
    positionals: ['prior', 'preset'],
    optionalPositionals: Array.from({ length: argv.length }, () => 'preset'),
    options: { json: 'flag' },
  });
  const [priorPath, ...presetPaths] = positionals;
  const model = await readPrior(priorPath);
  const presets: { name: string; raw: Float64Array }[] = [];
  for (const path of presetPaths) {
    if (/\.json$/i.test(path)) presets.push({ name: path, raw: (await readPreset(path)).raw });
    else {
      const { raws, names } = await readPresetSet(COMMAND, [path], undefined, false);
      raws.forEach((raw, i) => presets.push({ name: names[i], raw }));
    }
  }
  const scores = presets.map(({ name, raw }) => {
    const score = model.score(raw);
    return {
      preset: name,
      log_density: score.logDensity,
      percentile: score.percentile,
      mahalanobis_distance: score.distance,
      held_out_percentile: score.heldOutPercentile,
      log_density_shaped: score.shapedLogDensity,
      unusual: model.unusual(raw, UNUSUAL_SHOWN).map(({ id, deviation }) => ({ id, deviation })),
    };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(scores)}\n`);
    return 0;
  }
  const lines = scores.flatMap((score) => [
    score.preset,
    `  log-density ${score.log_density.toFixed(1)} nats (shaped ${score.log_density_shaped.toFixed(1)}), distance ${score.mahalanobis_distance.toFixed(2)}`,
    `  further from the middle than ${(score.held_out_percentile ?? score.percentile).toFixed(1)} % of ${score.held_out_percentile === null ? 'a normal distribution' : 'presets that the prior has not seen'}`,
    `  most unusual: ${score.unusual
      .map(
        ({ id, deviation }) =>
          `${id} (${deviation > 0 ? 'high' : 'low'}, ${Math.abs(deviation).toFixed(1)} sd)`,
      )
      .join(', ')}`,
  ]);
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
