import { findSecret } from '../../common/secrets.ts';
import { plural, safeLine, safeText } from '../../common/text.ts';
import type { Described } from '../../git/github/pull-requests.ts';
import type { Merge, Rig } from '../../ledger/schema.ts';

/** GitHub takes 256 characters. */
const TITLE_CHARS = 200;
/** Of one request's summary, and requests named: GitHub takes 65,536 characters in all. */
const SUMMARY_CHARS = 4_000;
const REQUESTS_NAMED = 10;

/**
 * What a pull request says of itself. Titles and summaries are words of agents, and the page is read by people and by
 * GitHub: shown as code, they mention nobody, close no issue and are no markup.
 */
export const describePullRequest = (
  { rig, merges }: { rig: Rig; merges: readonly Merge[] },
  tested: { commit: string; tree: string },
): Described => {
  const titles = merges.map(merge => inert(merge.title));
  const title = merges.length === 1 ? titles[0]! : `${merges.length} changes: ${titles.join('; ')}`;
  const more = merges.length - REQUESTS_NAMED;
  return {
    title: [...title].slice(0, TITLE_CHARS).join('') || 'Untitled work',
    body: [
      ...merges.slice(0, REQUESTS_NAMED).flatMap(merge => requestLines(merge, merges.length)),
      ...(more > 0 ? [`- and ${plural(more, 'more request')}`, ''] : []),
      rig.gates.length === 0
        ? 'The repository has no gates of its own in the town; a person approved this.'
        : `Passed on exactly this tree: ${rig.gates.map(gate => code(gate.name)).join(', ')}.`,
      `Tested commit ${code(tested.commit)}, tree ${code(tested.tree)}.`,
      '',
      'The town merges this once its checks are green and the rules of the repository are met. Ask for changes in a review to have it worked on again; close it to turn it down.',
      '',
    ].join('\n'),
  };
};

const requestLines = (merge: Merge, count: number): string[] => {
  const summary = safeText(merge.summary ?? '')
    .trim()
    .slice(0, SUMMARY_CHARS);
  return [
    `- ${code(merge.id)} for ${code(merge.bead)}: ${code(merge.title)}`,
    '',
    // The page may be read by everybody.
    ...(summary === '' || count > 1 || findSecret(summary) ? [] : [...fenced(summary), '']),
  ];
};

const code = (text: string): string => `\`${safeLine(text).replaceAll('`', "'").trim() || ' '}\``;

/** A fence longer than any in the text. */
const fenced = (text: string): string[] => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}text`, text, fence];
};

/** In a title nothing can be quoted, and the merge commit repeats it: there `@name`, `#12` and addresses would be links. */
const inert = (text: string): string =>
  safeLine(text)
    .replace(/[@#](?=\w)/g, '')
    .replace(/\bGH-(?=\d)/gi, 'GH ')
    .replaceAll('://', ': //')
    .trim();
