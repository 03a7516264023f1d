// The kernels: hot loops over raw memory. Each file says what it computes and how its memory is laid out.
export * from './fft';
