import config from './playwright.config.ts';

/** Pictures of the window with the demo, for the README and for looking at: `npm run screenshots`. */
export default { ...config, testMatch: '*.screenshots.ts', reporter: [['list']] };
