/** Learns priors, each in a thread of its own: it takes seconds in one piece, and nothing else may wait for it. */
import { Worker } from 'node:worker_threads';
import { PARAMETER_COUNT } from '#core/chain/parameters.ts';
import { UserError, type UserErrorCode } from '#core/errors.ts';
import type { Job } from './jobs.ts';

export interface TrainingRequest {
  /** Of the prior, for people. */
  readonly name: string;
  /** What it is learned from, for people. */
  readonly source: string;
  /** 151 numbers a preset. */
  readonly raws: Float32Array;
  /** Positions of the values that count, ascending. */
  readonly dimensions: readonly number[];
  /** ISO 8601 date. */
  readonly date: string;
}

export type TrainingReply =
  /** How much is done, 0..1; all others are the last one. */
  | { readonly fraction: number }
  | { readonly text: string }
  | { readonly problem: { readonly code: UserErrorCode; readonly message: string } }
  /** Stack of what should not have been thrown. */
  | { readonly defect: string };

function threadUrl(): URL {
  const inSources = import.meta.url.includes('/src-worker/');
  return new URL(inSources ? '../../../dist/training-thread.js' : './training-thread.js', import.meta.url);
}

/**
 * The text of the prior's file. Throws UserError: `bad-input` for settings that nothing can be learned from, `interrupted`
 * once the job has been ended.
 */
export async function learnPrior(
  { raws, ...request }: Omit<TrainingRequest, 'date'>,
  job: Job,
): Promise<{ text: string }> {
  const count = raws.length / PARAMETER_COUNT;
  if (!Number.isInteger(count) || !raws.every(Number.isFinite))
    throw new UserError('bad-input', `Presets are ${PARAMETER_COUNT} finite numbers each.`);
  const tell = (fraction: number): void => {
    job.progress('Learning from the presets', fraction);
  };
  tell(0);
  const date = new Date().toISOString().slice(0, 10);
  const worker = new Worker(threadUrl(), {
    workerData: { ...request, raws, date } satisfies TrainingRequest,
  });
  try {
    const reply = await new Promise<Exclude<TrainingReply, { fraction: number }>>((resolve, reject) => {
      worker.on('message', (message: TrainingReply) => {
        if (!('fraction' in message)) resolve(message);
        else if (!job.signal.aborted) tell(message.fraction);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        reject(new Error(`The thread that learns a prior ended with code ${code}.`));
      });
      job.signal.addEventListener('abort', () => {
        reject(new UserError('interrupted', 'Stopped before it was finished.'));
      });
    });
    if ('problem' in reply) throw new UserError(reply.problem.code, reply.problem.message);
    if ('defect' in reply) throw new Error(reply.defect);
    return reply;
  } finally {
    await worker.terminate();
  }
}
