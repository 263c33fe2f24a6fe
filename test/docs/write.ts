import { writeFileSync } from 'node:fs';
import { DOCS, madePages } from './pages.ts';

/** `npm run docs`: writes the pages that are made from the program. */
for (const [name, text] of madePages()) writeFileSync(new URL(name, DOCS), text);
