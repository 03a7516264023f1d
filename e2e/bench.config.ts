import config from './playwright.config.ts';

/** Measurements of the built app; they print, and fail only when nothing can be measured. */
export default { ...config, testMatch: '*.bench.ts', reporter: [['line']] };
