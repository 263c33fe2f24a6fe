import { plural } from '../../source/common/text.ts';
import type { TownView } from '../../source/town/view.ts';
import type { Theme } from '../theme.ts';
import { composeRow, type Piece } from './compose.ts';
import type { PaneNumber } from './layout.ts';
import type { KeyWords } from './pane.ts';

export interface StripRowInput {
  readonly view: TownView;
  /** The panes that are shown and need no summary. */
  readonly shown: readonly PaneNumber[];
  readonly width: number;
  readonly theme: Theme;
  readonly keys: KeyWords;
}

/** One line that sums up the panes not shown, each after its number key. */
export const stripRow = ({ view, shown, width, theme, keys }: StripRowInput): string => {
  const { counts, polecats, health, feed } = view;
  const ill = [...health.roles, ...health.dogs].filter(({ ok }) => !ok).length + (health.host.reachable ? 0 : 1);
  const latest = feed.at(-1);
  const parts: readonly (readonly [PaneNumber, Piece])[] = [
    [1, { text: `Plan ${counts.ready} ready, ${counts.blocked} blocked` }],
    [2, { text: `Polecats ${counts.working}/${polecats.length} work` }],
    [3, { text: `Refinery ${counts.queue} queued` }],
    [
      4,
      ill > 0
        ? { text: `Health ${theme.glyph.fail} ${plural(ill, 'problem')}`, style: theme.bad }
        : { text: `Health ${theme.glyph.ok} ok`, style: theme.good },
    ],
    [5, { text: latest ? `Log ${latest.actor} ${latest.what} ${latest.subject}` : 'Log' }],
  ];
  const pieces = parts
    .filter(([pane]) => !shown.includes(pane))
    .flatMap(([pane, piece], index) => [
      { text: index > 0 ? '  ' : '' },
      { text: keys(`{${PANE_COMMANDS[pane]}}`), style: theme.key },
      { text: ' ' },
      piece,
    ]);
  return composeRow(pieces, { width });
};

const PANE_COMMANDS: Readonly<Record<PaneNumber, string>> = {
  0: 'detail',
  1: 'plan',
  2: 'polecats',
  3: 'refinery',
  4: 'health',
  5: 'log',
};
