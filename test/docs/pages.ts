import { configPage } from './config-page.ts';
import { keysPage } from './keys-page.ts';

/** Pages below docs/ that are made from the program itself: `npm run docs` writes them, a test says when they are stale. */
export const madePages = (): ReadonlyMap<string, string> =>
  new Map([
    ['config.md', configPage()],
    ['keys.md', keysPage()],
  ]);

export const DOCS = new URL('../../docs/', import.meta.url);
