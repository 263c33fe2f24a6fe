import { plural } from '../../../source/common/text.ts';
import type { BeadRow } from '../../../source/town/view.ts';
import { dependencyTree } from '../dependency-tree.ts';
import { costWords } from '../money.ts';
import { withShortTimes } from '../short-times.ts';
import { beadStatus } from '../status.ts';
import { type Around, causeFacts, type Fact, head, known, meaning, section, textFacts } from './facts.ts';

export const beadFacts = (bead: BeadRow, { view, theme }: Around): readonly Fact[] => [
  head(`${bead.id}  ${bead.title}`),
  { label: 'state', status: beadStatus(bead.phase, theme), note: `P${bead.priority} ${bead.type}` },
  ...known('rig', bead.rig),
  ...known('convoy', bead.convoy),
  ...known('by', bead.assignee),
  ...known('agent', bead.agent),
  ...known('waits for', bead.blockedBy.join(', ')),
  ...known('waits', bead.waits),
  ...known('needs', bead.needs?.join(', ')),
  ...known('touches', bead.touches?.join(', ')),
  ...known('done when', bead.acceptance),
  ...known('merge', bead.merge),
  ...known('landed as', bead.landedSha),
  ...known('parked', bead.parked),
  { label: 'tries', value: `${plural(bead.attempts, 'try', 'tries')}, came back ${plural(bead.reworks, 'time')}` },
  ...known('cost', costWords(bead)),
  { label: 'changed', value: withShortTimes(bead.updatedAt, view.at) },
  ...causeFacts(bead.cause),
  ...(bead.description ? [{ line: '' }, { line: bead.description }] : []),
  ...dependencyFacts(bead, { view, theme }),
  { line: '' },
  meaning('bead'),
  ...textFacts(bead),
];

/** What must be done before it and what waits until it is done, at any depth. */
const dependencyFacts = ({ id }: BeadRow, { view, theme }: Around): readonly Fact[] => [
  ...section('What this waits for', dependencyTree(view, { bead: id, direction: 'before', theme })),
  ...section('What waits for this', dependencyTree(view, { bead: id, direction: 'behind', theme })),
];
