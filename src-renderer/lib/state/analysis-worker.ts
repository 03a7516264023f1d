/** The thread that analyses are computed on; see analysis-work.ts. */
import { perform, type Word, type Work } from './analysis-work.ts';

const say = (word: Word): void => {
  self.postMessage(word);
};

self.addEventListener('message', ({ data }: MessageEvent<Work>) => {
  try {
    say(
      perform(data, (fraction) => {
        say({ kind: 'progress', fraction });
      }),
    );
  } catch (error) {
    say({ kind: 'problem', message: error instanceof Error ? error.message : String(error) });
  }
});
