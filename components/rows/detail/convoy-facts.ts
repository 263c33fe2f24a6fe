import type { BeadRow, ConvoyRow } from '../../../source/town/view.ts';
import { burnDown } from '../burn-down.ts';
import { costWords } from '../money.ts';
import { planTree } from '../plan-tree.ts';
import { beadStatus } from '../status.ts';
import { type Around, type Fact, head, known, meaning, textFacts } from './facts.ts';

export const convoyFacts = (
  convoy: ConvoyRow,
  { view, theme, width }: Around & { readonly width: number },
): readonly Fact[] => [
  head(`${convoy.id}  ${convoy.title}`),
  { label: 'state', value: convoy.status === 'proposed' ? 'proposed: waits for your approval' : convoy.status },
  { label: 'landed', value: `${convoy.closed} of ${convoy.beads.length}` },
  ...known('estimate', estimateWords(convoy)),
  ...known('burn-down', burnDown(view, convoy, { width: Math.max(10, width - BURN_DOWN_WORDS_COLUMNS), theme })),
  { label: 'rig', value: convoy.rig },
  ...known('cost', costWords(convoy)),
  ...known('goal', convoy.goal),
  { line: '' },
  ...(convoy.status === 'proposed'
    ? planTree(view, convoy).map(line => ({ line }))
    : convoy.beads.flatMap(id => {
        const bead = view.beads.get(id);
        return bead ? [{ label: bead.id, status: beadStatus(bead.phase, theme), note: noteOf(bead) }] : [];
      })),
  { line: '' },
  meaning('convoy'),
  meaning('bead'),
  ...textFacts(convoy),
];

/** Beside the bars stand their label and the figures at both ends. */
const BURN_DOWN_WORDS_COLUMNS = 40;

const estimateWords = ({ estimate }: ConvoyRow): string =>
  estimate ? [estimate.words, estimate.basis].filter(Boolean).join(', ') : '';

const noteOf = ({ title, blockedBy }: BeadRow): string =>
  blockedBy.length > 0 ? `${title}  (after ${blockedBy.join(', ')})` : title;
