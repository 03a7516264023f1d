/** Entry point of a thread that learns one prior: `workerData` is a TrainingRequest, its messages TrainingReplies. */
import { parentPort, workerData } from 'node:worker_threads';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError } from '#core/errors.ts';
import { trainPrior } from '#core/prior/model.ts';
import { formatPrior } from '#core/prior/prior-file.ts';
import type { TrainingReply, TrainingRequest } from './engine/prior-training.ts';

const port = parentPort;
if (!port) throw new Error('This file is the entry point of a worker thread.');
const answer = (reply: TrainingReply): void => {
  port.postMessage(reply);
};

const { name, source, raws, dimensions, date } = workerData as TrainingRequest;
const presets = Array.from({ length: raws.length / PARAMETER_COUNT }, (_, i) =>
  Float64Array.from(raws.subarray(i * PARAMETER_COUNT, (i + 1) * PARAMETER_COUNT)),
);
try {
  const model = trainPrior(presets, {
    dimensions,
    provenance: { name, source, licence: 'as the presets it was made from', date },
    onProgress: (fraction) => {
      answer({ fraction });
    },
  });
  answer({ text: formatPrior(model) });
} catch (error) {
  if (error instanceof UserError) answer({ problem: { code: error.code, message: error.message } });
  else answer({ defect: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
