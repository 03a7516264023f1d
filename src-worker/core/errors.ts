/** Mistakes and circumstances a user can do something about. Anything else that is thrown is a defect of ours. */

export type UserErrorCode = 'usage' | 'bad-input' | 'output' | 'interrupted';

/** One sentence that says what happened, and what to do; shown without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    readonly code: UserErrorCode,
    message: string,
  ) {
    super(message);
  }
}
