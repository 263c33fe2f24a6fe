import { GastownError } from '../common/errors.ts';
import type { Bead, LedgerData } from '../ledger/schema.ts';
import { beadsSetting } from '../ledger/vocabulary.ts';

/** Ids named when a short form means several. */
const AMBIGUOUS_SHOWN = 5;

/**
 * The bead meant by what was typed: its id, its id without the prefix, or the unique beginning of either. Throws
 * `not_found`, also for a deleted bead, and `usage` where several are meant.
 */
export const findBead = (data: Pick<LedgerData, 'beads'>, given: string): Bead => {
  const typed = given.trim();
  const exact = data.beads.get(typed);
  if (exact && exact.status !== 'tombstone') return exact;
  if (typed === '' || exact) throw unknown(given);
  const begins: Bead[] = [];
  for (const bead of data.beads.values()) {
    if (bead.status === 'tombstone') continue;
    const bare = bareId(bead.id);
    if (bare === typed && !begins.some(other => bareId(other.id) === typed)) begins.unshift(bead);
    else if (bead.id.startsWith(typed) || bare.startsWith(typed)) begins.push(bead);
  }
  const [first, second] = begins;
  if (!first) throw unknown(given);
  if (!second || (bareId(first.id) === typed && bareId(second.id) !== typed)) return first;
  // A parent and its children begin alike: the parent is meant.
  const top = begins.filter(bead => !begins.some(other => bead.id.startsWith(`${other.id}.`)));
  if (top.length === 1) return top[0]!;
  const shown = top.slice(0, AMBIGUOUS_SHOWN).map(bead => bead.id);
  throw new GastownError(
    'usage',
    `ambiguous ID "${given}" matches ${top.length} issues: ${shown.join(', ')}${top.length > shown.length ? ', …' : ''}`,
    { hint: 'Use more characters of the ID.' },
  );
};

/** `a3f.1` of `gt-a3f.1`. A prefix may itself hold dashes. */
export const bareId = (id: string): string => id.slice(id.lastIndexOf('-') + 1);

/** `gt` of `gt-a3f.1`; empty where there is no dash. */
export const prefixOf = (id: string): string => (id.includes('-') ? id.slice(0, id.lastIndexOf('-')) : '');

/** Prefix of a bead that belongs to no rig. */
export const townPrefix = (data: Pick<LedgerData, 'town'>): string => beadsSetting(data, 'issue_prefix') ?? 'gt';

/** Prefixes that ids of this town begin with. */
export const knownPrefixes = (data: Pick<LedgerData, 'town' | 'rigs'>): string[] => [
  townPrefix(data),
  ...[...data.rigs.values()].map(rig => rig.prefix),
  ...(beadsSetting(data, 'allowed_prefixes') ?? '')
    .split(',')
    .map(word => word.trim())
    .filter(Boolean),
];

const unknown = (given: string): GastownError =>
  new GastownError('not_found', `no issue found matching "${given}"`, {
    hint: "'bd list --all' shows what there is.",
    ids: { bead: given },
  });
