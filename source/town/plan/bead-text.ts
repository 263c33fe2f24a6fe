import { GastownError } from '../../common/errors.ts';
import { compactJson } from '../../common/json.ts';
import type { CommandInput } from '../../ledger/commands.ts';
import type { Bead } from '../../ledger/schema.ts';
import { type PlannedBead, parsePlan } from '../plan.ts';
import { renderPlan } from './render.ts';
import { asPlanned } from './shown.ts';

/** One bead as Markdown, in the form of a plan of one, for its writer's own editor. */
export interface ShownBead {
  readonly id: string;
  readonly text: string;
  /** What reading that text gives. */
  readonly seen: PlannedBead;
  /** Names what a person sees of it: while this stands, nobody changed it meanwhile. */
  readonly version: string;
}

type BeadSet = CommandInput<'bead.update'>['set'];

export const showBead = (bead: Bead): ShownBead => {
  const exact = textsOf(bead);
  const { text, plan } = renderPlan({ title: `Bead ${bead.id}`, beads: [exact] });
  return { id: bead.id, text: `${headerOf(bead)}\n\n${text}`, seen: plan.beads[0]!, version: compactJson(exact) };
};

/** What an edited text changes; undefined where that is nothing. Throws `plan_invalid` naming the line. */
export const beadChange = (shown: ShownBead, source: string | Uint8Array, file: string): BeadSet | undefined => {
  const { beads } = parsePlan(source, file, { scripts: 'unchecked' });
  const [now] = beads;
  if (beads.length !== 1 || now?.key !== shown.id)
    throw invalid(
      `The text is of ${beads.length === 1 ? `the bead ${now!.key}` : `${beads.length} beads`}, not of ${shown.id}.`,
    );
  for (const field of ELSEWHERE) if ((now[field] ?? []).length > 0) throw invalid(ELSEWHERE_WORDS);
  const set: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(FIELDS) as [keyof typeof FIELDS, keyof BeadSet][]) {
    if (compactJson([shown.seen[field] ?? null]) === compactJson([now[field] ?? null])) continue;
    set[name] = now[field] ?? (name === 'labels' ? [] : null);
  }
  return Object.keys(set).length > 0 ? (set as BeadSet) : undefined;
};

/** Fields of a plan's bead by what `bead.update` calls them. A title and a type are always there. */
const FIELDS = {
  title: 'title',
  type: 'issue_type',
  priority: 'priority',
  agent: 'agent',
  labels: 'labels',
  description: 'description',
  design: 'design',
  acceptance: 'acceptance_criteria',
} as const satisfies Partial<Record<keyof PlannedBead, keyof BeadSet>>;

const ELSEWHERE = ['needs', 'touches'] as const;
const ELSEWHERE_WORDS = 'What a bead needs and touches is not changed here.';

const textsOf = (bead: Bead): PlannedBead => {
  const { touches: _, ...planned } = asPlanned(bead);
  return { ...planned, needs: [] };
};

const headerOf = ({ id, rev }: Bead): string =>
  `<!-- ${id} as it is at revision ${rev}. Save and leave to change it. The first line only names it; its title is the one with {#${id}}. -->`;

const invalid = (message: string): GastownError =>
  new GastownError('plan_invalid', message, { hint: 'gastown bd dep add <id> <needed> has it wait for another.' });
