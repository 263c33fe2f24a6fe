import { readFileSync, writeFileSync } from 'node:fs';
import { DOCS, madePages } from './pages.ts';
import { README, withFirstKeys } from './readme-keys.ts';

/** `npm run docs`: writes the pages that are made from the program, and the keys in the README. */
for (const [name, text] of madePages()) writeFileSync(new URL(name, DOCS), text);
writeFileSync(README, withFirstKeys(readFileSync(README, 'utf8')));
