/** What a user should know although the command goes on: one line each on stderr. */
export function warn(sentence: string): void {
  process.stderr.write(`voxfit: warning: ${sentence}\n`);
}
