import { fromMarkdown } from 'mdast-util-from-markdown';
import { compactJson } from '../../common/json.ts';
import { safeLine, safeText } from '../../common/text.ts';
import { type Plan, type PlannedBead, parsePlan } from '../plan.ts';
import { AGENT, TYPE } from './fields.ts';
import { partOf } from './parts.ts';

/** A plan as Markdown, and what reading that Markdown gives: the same, but for texts that no plan can hold as they are. */
export interface ShownPlan {
  readonly text: string;
  readonly plan: Plan;
}

/**
 * Writes a plan in the form that `parsePlan` reads. Whatever its texts hold, the result is a plan with these beads: a text
 * that would break it (a heading that begins another bead, a fence that never ends) is changed as little as that takes.
 */
export const renderPlan = (plan: Plan): ShownPlan => {
  const known = new Set(plan.beads.flatMap(({ needs }) => needs));
  for (const way of WAYS) {
    const text = `${[head(plan, way), ...plan.beads.map(bead => section(bead, way))].join('\n\n')}\n`;
    const read = readBack(text, known);
    if (read && isSame(read, plan, way)) return { text, plan: read };
  }
  throw new Error('a plan of fenced texts is no plan');
};

/** How texts are written. Each stands for itself in the first way; the others are for what one text does to another. */
interface Way {
  readonly titles: 'as-is' | 'escaped';
  readonly texts: 'as-is' | 'fenced';
  /** Taken though a title came out as another one. */
  readonly isLast?: boolean;
}
const WAYS: readonly Way[] = [
  { titles: 'as-is', texts: 'as-is' },
  { titles: 'escaped', texts: 'as-is' },
  { titles: 'escaped', texts: 'fenced', isLast: true },
];

const isSame = (read: Plan, plan: Plan, { isLast }: Way): boolean =>
  read.beads.length === plan.beads.length &&
  read.beads.every(({ key, title }, index) => {
    const bead = plan.beads[index]!;
    return key === bead.key && (isLast || title === plainTitle(bead.title));
  });

const readBack = (text: string, known: ReadonlySet<string>): Plan | undefined => {
  try {
    return parsePlan(text, 'plan', { known, scripts: 'unchecked' });
  } catch {
    // Not a plan as it stands: it is written in another way.
    return undefined;
  }
};

const head = (plan: Plan, way: Way): string => {
  const goal = (text: string) => {
    const read = alone(`# T\n\n${text}\n\n${PROBE}`, 'probe');
    return read?.design === undefined ? read?.goal : undefined;
  };
  const design = (text: string) => {
    const read = alone(`# T\n\n### Design\n\n${text}\n\n${PROBE}`, 'probe');
    return read?.goal === undefined ? read?.design : undefined;
  };
  const title = (text: string) => alone(`# ${text}\n\n${PROBE}`, 'probe')?.title;
  return [
    `# ${titleText(plan.title, way, title)}`,
    ...(plan.goal ? [body(plan.goal, way, goal)] : []),
    ...(plan.design ? ['### Design', body(plan.design, way, design)] : []),
  ].join('\n\n');
};

const section = (bead: PlannedBead, way: Way): string => {
  const plain = [
    [`## ${bead.title} {#${bead.key}}`, ...fieldLines(bead)].join('\n'),
    bead.description,
    ...(bead.design ? ['### Design', bead.design] : []),
    ...(bead.acceptance ? ['### Accepted when', bead.acceptance] : []),
  ].join('\n\n');
  if (way === WAYS[0] && isExact(plain, bead)) return plain;
  const title = (text: string) => alone(`# T\n\n## ${text} {#a}\nd\n\n${PROBE}`, 'a', 'probe')?.beads[0]?.title;
  return [
    [`## ${titleText(bead.title, way, title)} {#${bead.key}}`, ...fieldLines(bead)].join('\n'),
    body(bead.description || NO_DESCRIPTION, way, partReader('description')),
    ...(bead.design ? ['### Design', body(bead.design, way, partReader('design'))] : []),
    ...(bead.acceptance ? ['### Accepted when', body(bead.acceptance, way, partReader('acceptance'))] : []),
  ].join('\n\n');
};

/** Most beads say what they say in plain Markdown: one reading tells. */
const isExact = (text: string, bead: PlannedBead): boolean => {
  const plan = readBack(`# T\n\n${text}\n\n${PROBE}`, new Set([...bead.needs]));
  const [read, probe, ...more] = plan?.beads ?? [];
  if (!read || more.length > 0 || probe?.description !== 'sentinel' || safeText(text) !== text) return false;
  return compactJson(read) === compactJson({ ...bead, type: bead.type ?? 'task' });
};

/** What stands where a bead says nothing but its title. */
const NO_DESCRIPTION = 'Nothing more is said.';
const PROBE = '## Probe {#probe}\nsentinel';
const LEADS = { description: '', design: 'd\n\n### Design\n\n', acceptance: 'd\n\n### Accepted when\n\n' } as const;

/** Reads a text as that part of a bead; undefined where it does not stay within it. */
const partReader =
  (part: keyof typeof LEADS) =>
  (text: string): string | undefined => {
    const plan = alone(`# T\n\n## A {#a}\ntype: task\n\n${LEADS[part]}${text}\n\n${PROBE}`, 'a', 'probe');
    const read = plan?.beads[0];
    if (read?.type !== 'task' || (part !== 'description' && read.description !== 'd')) return undefined;
    const fields = new Set(['key', 'title', 'needs', 'type', 'description', part]);
    return Object.keys(read).every(field => fields.has(field)) ? read[part] : undefined;
  };

/** The plan, if it has just these beads and the last of them is untouched by what stands before it. */
const alone = (text: string, ...keys: readonly string[]): Plan | undefined => {
  const plan = readBack(text, new Set());
  if (plan?.beads.length !== keys.length || !plan.beads.every(({ key }, index) => key === keys[index]))
    return undefined;
  return plan.beads.at(-1)!.description === 'sentinel' ? plan : undefined;
};

/** `type` stands always, so that a description that begins like a field is below one. What no plan can name is left out. */
const fieldLines = ({ type, priority, needs, agent, touches, labels }: PlannedBead): string[] => {
  const [paths, words] = [touches, labels].map(list => (list ?? []).map(one => safeLine(one).trim()).filter(Boolean));
  return [
    `type: ${type !== undefined && TYPE.test(type) ? type : 'task'}`,
    ...(priority === undefined ? [] : [`priority: ${priority}`]),
    ...(needs.length > 0 ? [`needs: ${needs.join(', ')}`] : []),
    ...(agent !== undefined && AGENT.test(agent) ? [`agent: ${agent}`] : []),
    ...(isNamed(paths!) ? [`touches: ${paths!.join(', ')}`] : []),
    ...(isNamed(words!) ? [`labels: ${words!.join(', ')}`] : []),
  ];
};

/** Commas stand between words; alone they are none. */
const isNamed = (list: readonly string[]): boolean => list.some(one => /[^,\s]/.test(one));

const titleText = (title: string, { titles }: Way, read: (text: string) => string | undefined): string => {
  const words = plainTitle(title);
  const escaped = words.replace(/[!-/:-@[-`{-~]/g, '\\$&');
  return titles === 'escaped' ? escaped : firstGood([words, escaped], read, words);
};

const plainTitle = (title: string): string => safeLine(title).trim() || 'Untitled';

const body = (text: string, { texts }: Way, read: (text: string) => string | undefined): string => {
  const plain = safeText(text)
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const box = inFence(plain);
  return texts === 'fenced' ? box : firstGood([plain, withLowerHeadings(plain), box], read, plain);
};

/** The first of the texts that is read as what is meant, else the first that at least stands for itself. */
const firstGood = (texts: readonly string[], read: (text: string) => string | undefined, wanted: string): string => {
  const alone = texts.filter(text => read(text) !== undefined);
  return alone.find(text => read(text) === wanted) ?? alone[0] ?? texts.at(-1)!;
};

/** Headings that would begin a bead or a part of one become deeper ones. */
const withLowerHeadings = (text: string): string => {
  const edits = fromMarkdown(text).children.flatMap(node => {
    if (node.type !== 'heading' || (node.depth > 2 && !partOf(node))) return [];
    const [start, end] = [node.position!.start.offset!, node.position!.end.offset!];
    const words = text
      .slice(start, end)
      .replace(/^#{1,3}[ \t]*/, '')
      .replace(/\n[ \t]*(=+|-+)[ \t]*$/, '')
      .replaceAll('\n', ' ');
    return [{ start, end, text: `#### ${words}` }];
  });
  return edits.reduceRight((left, edit) => left.slice(0, edit.start) + edit.text + left.slice(edit.end), text);
};

const inFence = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(match => match[0].length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
};
