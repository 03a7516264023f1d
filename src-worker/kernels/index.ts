// The kernels: hot loops over raw memory. Each file says what it computes and how its memory is laid out.
export * from './fft';
export * from './equalizer';
export * from './compressor';
export * from './convolution';
export * from './stft-loss';
export * from './dynamics-loss';
export * from './transfer';
export * from './stream';
