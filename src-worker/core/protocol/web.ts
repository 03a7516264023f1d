/** What the local web host and its windows agree on besides the contracts. */

/** Longest message of a window; a longer one ends its connection. */
export const WINDOW_MESSAGE_LIMIT_BYTES = 8 * 2 ** 20;

/** Largest file that a window may send. */
export const UPLOAD_LIMIT_BYTES = 4 * 2 ** 30;
