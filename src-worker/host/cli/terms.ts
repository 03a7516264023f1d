/** The four loss terms under the names that the command line promises. */
export interface FourTerms {
  readonly mss_lr: number;
  readonly mss_ms: number;
  readonly mldr_lr: number;
  readonly mldr_ms: number;
}

/** Those four keys only, whatever else a result carries. */
export function fourTerms({ mss_lr, mss_ms, mldr_lr, mldr_ms }: FourTerms): FourTerms {
  return { mss_lr, mss_ms, mldr_lr, mldr_ms };
}
