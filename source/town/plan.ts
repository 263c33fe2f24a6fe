import { fromMarkdown } from 'mdast-util-from-markdown';
import { cut, safeLine } from '../common/text.ts';
import { LIMITS } from '../ledger/schema.ts';
import type { Draft, PlannedBead } from './plan/draft.ts';
import { readFields } from './plan/fields.ts';
import { checkNeeds } from './plan/needs.ts';
import { splitTexts, textOf } from './plan/parts.ts';
import { didYouMean } from './plan/suggest.ts';
import { decodePlan, invalidAt, type PlanNode, type PlanText, plainText, planInvalid, rawOf } from './plan/text.ts';

export type { PlannedBead };

export interface Plan {
  readonly title: string;
  readonly goal?: string;
  /** What stands below `### Design`, before the first bead. */
  readonly design?: string;
  readonly beads: PlannedBead[];
}

/** What a plan is checked against beyond its own text. */
export interface PlanSurroundings {
  /** Beads outside of it that its beads may need, by id. */
  readonly known?: ReadonlySet<string>;
  /** Agents that may be named. Any, where it is absent. */
  readonly agents?: ReadonlySet<string>;
  /** Who does what names no agent. */
  readonly agent?: string;
  /** `unchecked`: a bead for the shell agent may lack its script, which whoever reads the plan is shown. */
  readonly scripts?: 'checked' | 'unchecked';
}

/** Beads in one plan: more than a person can look through is a mistake of whatever wrote the file. */
const BEADS_MAX = 1_000;
/** Characters of a key made from a title. */
const SLUG_CHARS = 50;

/**
 * Reads a Markdown plan: `# Convoy title`, an optional goal and `### Design`, then `## Bead title {#key}` with field lines,
 * an empty line, the description, and below it `### Design` and `### Accepted when` where there is something to say. Throws
 * `plan_invalid` with `file:line`, what was expected and what was found.
 */
export const parsePlan = (source: string | Uint8Array, file: string, around: PlanSurroundings = {}): Plan => {
  const text = decodePlan(source, file);
  const nodes = fromMarkdown(text.text).children;
  rejectOpenFences(text, nodes);
  const start = nodes.findIndex(node => node.type !== 'html');
  const first = nodes[start];
  if (first?.type !== 'heading' || first.depth !== 1) {
    throw planInvalid(
      text,
      first,
      'expected `# Title` of the plan first',
      first ? excerpt(text, first) : 'an empty file',
    );
  }
  const title = titleOf(text, first);
  const sections = splitSections(text, nodes.slice(start + 1));
  const intro = splitTexts(sections.intro);
  const [goal, design] = [textOf(text, intro.main), textOf(text, intro.design)];
  if (sections.beads.length === 0)
    throw planInvalid(text, first, 'expected at least one `## Bead title` after the title', 'none');
  if (sections.beads.length > BEADS_MAX)
    throw planInvalid(
      text,
      sections.beads[BEADS_MAX]!.heading,
      `expected at most ${BEADS_MAX} beads`,
      `${sections.beads.length}`,
    );
  const drafts = sections.beads.map((section, index) => readBead(text, { ...section, index }, around));
  checkNeeds(text, drafts, around.known);
  if (around.scripts !== 'unchecked') for (const draft of drafts) requireScript(text, draft, around);
  return { title, ...(goal && { goal }), ...(design && { design }), beads: drafts.map(draft => draft.bead) };
};

interface Section {
  readonly heading: PlanNode;
  readonly body: readonly PlanNode[];
}

const splitSections = (text: PlanText, nodes: readonly PlanNode[]): { intro: PlanNode[]; beads: Section[] } => {
  const intro: PlanNode[] = [];
  const beads: { heading: PlanNode; body: PlanNode[] }[] = [];
  for (const node of nodes) {
    if (node.type === 'heading' && node.depth === 1) {
      throw planInvalid(
        text,
        node,
        'expected one `# Title` a plan, and `##` for beads',
        excerpt(text, node),
        'Put another goal into a plan file of its own.',
      );
    }
    rejectDashedField(text, node);
    if (node.type === 'heading' && node.depth === 2) beads.push({ heading: node, body: [] });
    else (beads.at(-1)?.body ?? intro).push(node);
  }
  return { intro, beads };
};

const readBead = (
  text: PlanText,
  { heading, body, index }: Section & { readonly index: number },
  around: PlanSurroundings,
): Draft => {
  const { title, key } = headingOf(text, heading, index);
  const texts = splitTexts(body);
  const [first = [], ...rest] = texts.main;
  const { fields, description: beginning } = readFields(text, first);
  const description = [beginning, textOf(text, rest)].filter(Boolean).join('\n\n');
  const [design, acceptance] = [textOf(text, texts.design), textOf(text, texts.acceptance)];
  const { needs, priority, type, agent, touches, labels } = fields;
  if (!description) {
    throw planInvalid(
      text,
      heading,
      `expected a description of "${cut(title, 60)}"`,
      'none',
      'Say in a sentence or two what is to be done.',
    );
  }
  if (description.length > LIMITS.textChars) {
    throw planInvalid(
      text,
      heading,
      `expected at most ${LIMITS.textChars} characters of description`,
      `${description.length}`,
    );
  }
  if (agent && around.agents && !around.agents.has(agent.value)) {
    throw invalidAt(
      text.file,
      agent.line,
      `expected an agent of this town (${[...around.agents].sort().join(', ')})`,
      `\`${agent.value}\`${didYouMean(agent.value, around.agents)}`,
    );
  }
  const bead: PlannedBead = {
    key,
    title,
    needs: needs ? [...new Set(needs.list.map(need => need.replace(/^#/, '')))] : [],
    ...(priority && { priority: priority.number! }),
    ...(type && { type: type.value }),
    ...(agent && { agent: agent.value }),
    ...(touches && { touches: touches.list }),
    ...(labels && { labels: [...new Set(labels.list)] }),
    description,
    ...(design && { design }),
    ...(acceptance && { acceptance }),
  };
  return { bead, heading, hasScript: texts.main.flat().some(isShBlock), ...(needs && { needs }) };
};

/** Refuses what the shell agent would be given without a script, by name or because nothing else is said. */
const requireScript = (text: PlanText, { bead, heading, hasScript }: Draft, around: PlanSurroundings): void => {
  if (hasScript || (bead.agent ?? around.agent) !== SHELL) return;
  throw planInvalid(
    text,
    heading,
    `expected a fenced \`sh\` block, which is what the shell agent runs${bead.agent ? '' : ' (this repository is worked on by it)'}`,
    'none',
    'Add ```sh … ``` with the commands, or set another agent with an `agent:` line.',
  );
};

const SHELL = 'shell';

const isShBlock = (node: PlanNode): boolean => node.type === 'code' && node.lang === 'sh' && node.value.trim() !== '';

const KEY_SUFFIX = /\s*\{#([^{}]*)\}\s*$/;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const headingOf = (text: PlanText, heading: PlanNode, index: number): { title: string; key: string } => {
  const full = titleOf(text, heading);
  const suffix = KEY_SUFFIX.exec(full);
  if (!suffix) return { title: full, key: slug(full) || `bead-${index + 1}` };
  const title = full.slice(0, suffix.index).trim();
  if (!title) throw planInvalid(text, heading, 'expected a title before the key', excerpt(text, heading));
  if (!KEY.test(suffix[1]!)) {
    throw planInvalid(
      text,
      heading,
      'expected a key of letters, digits, `-`, `_` and `.`',
      `\`{#${safeLine(suffix[1]!)}}\``,
    );
  }
  return { title, key: suffix[1]! };
};

const titleOf = (text: PlanText, heading: PlanNode): string => {
  const title = safeLine(plainText(heading)).trim();
  if (!title) throw planInvalid(text, heading, 'expected a title', excerpt(text, heading));
  if (title.length > LIMITS.titleChars)
    throw planInvalid(text, heading, `expected a title of at most ${LIMITS.titleChars} characters`, `${title.length}`);
  return title;
};

/** `Fix the *login* page!` → `fix-the-login-page`. Empty for a title without Latin letters or digits. */
const slug = (title: string): string =>
  title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, SLUG_CHARS)
    .replace(/-+$/, '');

/** In Markdown a line of dashes right under text makes that text a heading. */
const rejectDashedField = (text: PlanText, node: PlanNode): void => {
  const raw = rawOf(text, node);
  if (node.type !== 'heading' || raw.startsWith('#') || !/^(needs|priority|type|agent|touches|labels):/im.test(raw))
    return;
  throw planInvalid(
    text,
    node,
    'expected an empty line between fields and a line of dashes',
    'a field that the dashes turn into a heading',
  );
};

/** A fence that is never closed swallows every bead behind it without a word. */
const rejectOpenFences = (text: PlanText, nodes: readonly PlanNode[]): void => {
  for (const node of nodes) {
    if (node.type !== 'code') continue;
    const lines = rawOf(text, node).split('\n');
    const fence = /^(`{3,}|~{3,})/.exec(lines[0]!)?.[1];
    if (fence && (lines.length < 2 || !lines.at(-1)!.trim().startsWith(fence))) {
      throw planInvalid(
        text,
        node,
        `expected a closing ${fence} for the block that starts here`,
        'the end of the file',
      );
    }
  }
};

const excerpt = (text: PlanText, node: PlanNode): string =>
  `\`${cut(safeLine(rawOf(text, node).split('\n')[0]!), 60)}\``;
