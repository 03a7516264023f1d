/** Entry point of a thread that learns one prior: `workerData` is a TrainingRequest, its one message a TrainingReply. */
import { parentPort, workerData } from 'node:worker_threads';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import type { TrainingReply, TrainingRequest } from './engine/prior-training.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry point of a worker thread.');
const answer = (reply: TrainingReply): void => {
  port.postMessage(reply);
};

const { name, raws, date } = workerData as TrainingRequest;
const presets = Array.from({ length: raws.length / PARAMETER_COUNT }, (_, i) =>
  raws.subarray(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT),
);
try {
  const model = trainPrior(presets, {
    dimensions: INFORMATIVE_DIMENSIONS,
    provenance: {
      name,
      source: `${presets.length} presets of the library`,
      licence: 'as the presets it was made from',
      date,
    },
  });
  answer({ text: formatPrior(model) });
} catch (error) {
  if (error instanceof UserError) answer({ problem: { code: error.code, message: error.message } });
  else answer({ defect: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
