/** What a fit may run on: the processor, a GPU through WebGPU, or whichever is faster. */
export const BACKENDS = ['auto', 'cpu', 'webgpu'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a fit runs on. */
export interface BackendUse {
  readonly backend: Exclude<Backend, 'auto'>;
  /** For people: what it is, and why it is this one. */
  readonly sentence: string;
}
