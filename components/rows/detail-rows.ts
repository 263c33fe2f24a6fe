import { fit, safeText } from '../../source/common/text.ts';
import type { TownView } from '../../source/town/view.ts';
import { wrapText } from '../dialogs/wrap.ts';
import type { Style, Theme } from '../theme.ts';
import { composeRow } from './compose.ts';
import { beadFacts } from './detail/bead-facts.ts';
import { convoyFacts } from './detail/convoy-facts.ts';
import { type Fact, head } from './detail/facts.ts';
import { healthFacts } from './detail/health-facts.ts';
import { mergeFacts } from './detail/merge-facts.ts';
import { polecatFacts } from './detail/polecat-facts.ts';
import { questionFacts } from './detail/question-facts.ts';
import type { KeyWords } from './pane.ts';
import { withShortTimes } from './short-times.ts';
import { terminalLine } from './terminal-text.ts';

export interface DetailInput {
  readonly view: TownView;
  /** Of a bead, polecat, merge request, convoy, role, dog or rig, or the key of an attention row. */
  readonly id: string;
  /** Reasons and history from the town, oldest first; absent while they are being fetched. */
  readonly why?: readonly string[] | undefined;
  /** Every change, field by field, oldest first. */
  readonly history?: readonly string[];
  readonly width: number;
  readonly theme: Theme;
  readonly keys: KeyWords;
}

/** Everything known of one record as finished rows, as many as it takes: none wider than `width`. */
export const detailLines = (input: DetailInput): readonly string[] => {
  const { width, theme, why } = input;
  const known = factsOf(input);
  const facts = known ?? [{ line: `Nothing is known of ${input.id} here.`, look: 'dim' as const }];
  const reasons =
    known && why && why.length > 0
      ? [head('Why'), ...why.map(line => ({ line: withShortTimes(line, input.view.at) }))]
      : [];
  return [...[...facts, ...reasons].flatMap(fact => rowsOf(fact, { width, theme })), ...historyRows(input)];
};

interface Drawn extends Pick<DetailInput, 'width' | 'theme'> {
  readonly day: number;
  readonly rows: readonly string[];
}

/** A history may have thousands of lines, never changes, and is looked at page by page. */
const drawnHistories = new WeakMap<readonly string[], Drawn>();

const historyRows = ({ history, view, width, theme }: DetailInput): readonly string[] => {
  if (!history || history.length === 0) return [];
  const drawn = drawnHistories.get(history);
  const day = Math.floor(view.at / DAY_MS);
  if (drawn?.width === width && drawn.theme === theme && drawn.day === day) return drawn.rows;
  const lines = history.map(line => ({ line: withShortTimes(line, view.at) }));
  const facts: readonly Fact[] = [{ line: '' }, head('History, field by field'), ...lines];
  const rows = facts.flatMap(fact => rowsOf(fact, { width, theme }));
  drawnHistories.set(history, { width, theme, day, rows });
  return rows;
};

const DAY_MS = 24 * 60 * 60 * 1_000;
const LABEL_COLUMNS = 12;

const rowsOf = (fact: Fact, { width, theme }: { width: number; theme: Theme }): readonly string[] => {
  if ('line' in fact) return text(fact.line, width, fact.look ? theme[fact.look] : same);
  const label = { text: fact.label, width: Math.min(LABEL_COLUMNS, Math.floor(width / 3)), style: theme.dim };
  if ('status' in fact) {
    const { glyph, word, style } = fact.status;
    return [
      composeRow([label, { text: `${glyph} ${word}`, style }, { text: fact.note && `  ${fact.note}` }], { width }),
    ];
  }
  const indent = label.width;
  return text(fact.value, width - indent).map((row, index) =>
    index === 0 ? composeRow([label], { width: indent }) + row : ' '.repeat(indent) + row,
  );
};

const text = (value: string, width: number, style: Style = same): readonly string[] =>
  safeText(value)
    .split('\n')
    .flatMap(line => wrapText(terminalLine(line), width))
    .map(row => style(fit(row, width)));

const factsOf = ({
  view,
  id,
  theme,
  width,
  keys,
}: Pick<DetailInput, 'view' | 'id' | 'theme' | 'width' | 'keys'>): readonly Fact[] | undefined => {
  const bead = view.beads.get(id);
  if (bead) return beadFacts(bead, { view, theme });
  const polecat = view.polecats.find(row => row.id === id);
  if (polecat) return polecatFacts(polecat, { view, theme });
  const merge = view.merges.find(row => row.id === id);
  if (merge) return mergeFacts(merge, { view, theme });
  const convoy = view.convoys.find(row => row.id === id);
  if (convoy) return convoyFacts(convoy, { view, theme, width });
  const question = view.attention.find(row => row.key === id);
  return question ? questionFacts(question, { view, keys }) : healthFacts({ view, id, theme, width, keys });
};

const same: Style = row => row;
