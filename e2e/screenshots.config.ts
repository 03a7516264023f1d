import config from './playwright.config.ts';

/** Pictures of every view and state, for looking at, and one for the README: `npm run screenshots`. */
export default {
  ...config,
  testMatch: '*.screenshots.ts',
  // Pictures are wanted of a busy machine too.
  expect: { timeout: 60_000 },
  reporter: [['list']],
};
