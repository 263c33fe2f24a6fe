import { cut, safeLine } from '../../source/common/text.ts';
import { fenced } from './fence.ts';

/**
 * Characters of one page. Agents read it through their shell tools as well, of which the tightest cuts what a command
 * prints at 30,000 characters: a page below that arrives whole. It is about 6,000 tokens, 3 % of a common context.
 */
export const PAGE_CHARS = 24_000;

/** Characters that one long text may take, from roomy to tight: the first with which the page fits is used. */
const SHARES = [8_000, 4_000, 2_000, 1_000, 400, 150] as const;

/** Renders a page with as much of its long texts as fits. What is cut says so, and how to see the rest. */
export const fitted = (render: (share: number) => string): string => {
  for (const share of SHARES) {
    const page = render(share);
    if (page.length <= PAGE_CHARS) return page;
  }
  return `${render(SHARES.at(-1)!).slice(0, PAGE_CHARS - CUT_OFF.length)}${CUT_OFF}`;
};
const CUT_OFF = '\n\n…The page is cut here: `bd show <your bead>` shows the bead as a whole.\n';

/** A foreign text from its beginning: what it is about stands first. */
export const beginning = (label: string, text: string, { share, more }: { share: number; more: string }): string[] => {
  const left = text.length - share;
  return [fenced(label, text.slice(0, share)), ...(left > 0 ? [`${left} characters more: ${more}.`] : [])];
};

/** A foreign text from its end: the newest, or what failed last. */
export const ending = (label: string, text: string, { share, more }: { share: number; more: string }): string[] => {
  const left = text.length - share;
  const shown = left > 0 ? `…${text.slice(-share)}` : text;
  return [fenced(label, shown), ...(left > 0 ? [`${left} earlier characters: ${more}.`] : [])];
};

/** Characters of a list of names on one line. */
const LISTED_CHARS = 1_500;
const NAME_COLUMNS = 200;

/** Names on one line; of many, the first, and how many more there are. */
export const listed = (names: readonly string[]): string => {
  const shown: string[] = [];
  let chars = 0;
  for (const name of names) {
    const safe = cut(safeLine(name), NAME_COLUMNS);
    chars += safe.length + 2;
    if (chars > LISTED_CHARS && shown.length > 0) break;
    shown.push(safe);
  }
  const left = names.length - shown.length;
  return `${shown.join(', ')}${left > 0 ? `, and ${left} more` : ''}`;
};
