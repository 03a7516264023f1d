/** An objective as a fit meets it: no evaluation is of the settings of the one before, whose solutions some of it starts from. */
import { parametersUnder } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import type { Objective } from './objective.ts';

/** The step of a fit, in raw values. */
const STEP = 0.1;
const COMPRESSOR = parametersUnder('comp');

/**
 * The same objective, to be timed: each evaluation is of settings whose compressor lies up to 0.1 a value further than at the
 * evaluation before. The steps are the same wherever this is called.
 */
export function wandering(objective: Objective): Objective {
  const random = new Random(1);
  const way = new Float64Array(COMPRESSOR.length);
  return {
    evaluate: (raw, ...rest) => {
      const moved = raw.slice();
      COMPRESSOR.forEach((index, i) => {
        way[i]! += STEP * random.signed();
        moved[index]! += way[i]!;
      });
      return objective.evaluate(moved, ...rest);
    },
  };
}
