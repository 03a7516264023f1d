/** Names of long calls, unique in this window. */
const WINDOW = crypto.randomUUID().slice(0, 8);
let last = 0;

/** A fresh job id, such as `fit-1f3a90bc-4`. */
export function newJob(kind: string): string {
  last += 1;
  return `${kind}-${WINDOW}-${last}`;
}
