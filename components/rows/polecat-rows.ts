import { duration } from '../../source/common/text.ts';
import type { PolecatRow } from '../../source/town/view.ts';
import type { Piece } from './compose.ts';
import { type Line, listPane } from './list-pane.ts';
import type { PaneInput } from './pane.ts';
import { polecatStatus, statusPiece } from './status.ts';

/** From these widths a row also says what the worker does, and how it did so far. */
const DOING_FROM_COLUMNS = 76;
const RECORD_FROM_COLUMNS = 120;
const STATUS_COLUMNS = 14;
const NAME_COLUMNS = 10;

/** The workers: state and since when, name, bead, and the last line of what they do. */
export const polecatRows = listPane({
  name: 'Polecats (workers)',
  empty: 'No worker yet. Press 1 for the plan, then s to sling the selected bead: a worker comes by itself.',
  lines: input => input.view.polecats.map(polecat => polecatLine(polecat, input)),
});

const polecatLine = (polecat: PolecatRow, { view, theme, width }: PaneInput): Line => {
  const age = duration(view.at - polecat.since);
  return {
    id: polecat.id,
    record: polecat,
    depends: age,
    pieces: () => [
      statusPiece(polecatStatus(polecat, theme), STATUS_COLUMNS),
      { text: polecat.name, width: NAME_COLUMNS },
      { text: age, width: 7, right: true },
      { text: '  ' },
      ...work(polecat),
      ...(polecat.unsandboxed ? [{ text: '  no sandbox', style: theme.warn }] : []),
      ...(width >= DOING_FROM_COLUMNS && polecat.doing
        ? [{ text: '  ' }, { text: polecat.doing, flex: 4, style: theme.dim }]
        : []),
      ...(width >= RECORD_FROM_COLUMNS ? [{ text: `  ${record(polecat)}`, width: 32 }] : []),
    ],
  };
};

const work = ({ bead, beadTitle, state, evidence }: PolecatRow): readonly Piece[] => {
  if (bead) return [{ text: `${bead}  ` }, { text: beadTitle ?? '', flex: 5 }];
  return [{ text: state === 'idle' ? 'free for the next bead' : evidence, flex: 5 }];
};

const record = ({ attempt, landed, bounced }: PolecatRow): string =>
  `try ${attempt}  ${landed} landed, ${bounced} bounced`;
