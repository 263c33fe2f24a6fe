import { renderToString } from 'ink';
import { Table } from 'ink-table';
import { safeLine } from '../../source/common/text.ts';
import type { TownView } from '../../source/town/view.ts';
import { todayWords } from '../rows/money.ts';

export interface SummaryTableProps {
  readonly view: TownView;
}

/** What the town holds, in one small table: for reading, not for redrawing ten times a second. */
export const SummaryTable = ({ view: { town, counts, polecats } }: SummaryTableProps) => (
  <Table
    data={[
      { what: 'town', count: safeLine(town.name), of: town.estop ? 'emergency stop' : 'open' },
      { what: 'beads ready', count: String(counts.ready), of: `${counts.blocked} blocked, ${counts.parked} parked` },
      { what: 'polecats at work', count: String(counts.working), of: `${polecats.length} in all` },
      { what: 'merge requests', count: String(counts.queue), of: `${counts.landed} landed` },
      { what: 'need you', count: String(counts.attention), of: 'gastown attention lists them' },
      { what: 'cost today', count: todayWords(counts), of: `$${counts.costPerHourUsd.toFixed(2)}/h` },
    ]}
    columns={['what', { key: 'count', align: 'right' }, 'of']}
  />
);

/** The table as text for a terminal of this width: what `gastown status` prints. */
export const renderSummary = (view: TownView, columns: number): string =>
  renderToString(<SummaryTable view={view} />, { columns });
