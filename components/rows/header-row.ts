import { cut, fit, safeLine, textWidth } from '../../source/common/text.ts';
import type { Counts, TownView, Trends } from '../../source/town/view.ts';
import type { Style, Theme } from '../theme.ts';
import { shortCost, todayWords } from './money.ts';
import type { KeyWords } from './pane.ts';
import { BARE_BADGES, pastBadges, type ShownMoment } from './past-rows.ts';
import { sparkline } from './sparkline.ts';
import { trendSpan } from './trend-words.ts';

export interface HeaderRowInput {
  readonly view: TownView;
  readonly mode: 'COMMAND' | 'TYPING' | 'DECIDE';
  readonly frozen?: boolean;
  /** The board shown is not the present one. */
  readonly past?: ShownMoment;
  /** Why nothing may be changed from here. */
  readonly readOnly?: string | undefined;
  /** What is to be said of the line to the person; empty or absent for a quick one. */
  readonly line?: string;
  readonly width: number;
  readonly theme: Theme;
  readonly keys: KeyWords;
}

interface Part {
  readonly text: string;
  /** The same where it is narrow. */
  readonly short?: string;
  readonly style?: Style;
  /** Of the parts that do not fit, those of the highest number go first. */
  readonly rank: number;
}

const TOWN_MAX_COLUMNS = 24;
/** As much of the town's name as there is room for at 60 columns beside what people look for. */
const TOWN_NARROW_COLUMNS = 8;
/** What has a rank up to this is said in fewer words before any of it goes. */
const ALWAYS_RANK = 8;

/**
 * What is always in sight, in exactly `width` columns: town, mode, what is wrong with the town, what needs a person,
 * polecats, queue and money. Where it gets narrow, what can be looked up goes first, then what says that nothing is
 * special; what is wrong goes last, and what people look for from afar (what waits for them, workers at work, the queue,
 * today's money) stays at 60 columns. Over a board of the past the whole row is one bar that says so.
 */
export const headerRow = (input: HeaderRowInput): string => {
  const { width, past, theme } = input;
  if (past) return theme.past(fit(fitting(pastParts(input, past), width).map(textOf).join(GAP), width));
  const parts = fitting(partsOf(input), width);
  const used = parts.reduce((sum, { text }, index) => sum + textWidth(text) + (index > 0 ? GAP.length : 0), 0);
  if (used > width) return fit(parts[0]?.text ?? '', width);
  return parts.map(({ text, style }) => (style ? style(text) : text)).join(GAP) + ' '.repeat(width - used);
};

const GAP = '  ';

const textOf = ({ text }: Part): string => text;
const shortOf = ({ text, short = text }: Part): string => short;

/** The badge comes before all else, as long as there is room for beside the town and the mode. */
const pastParts = (input: HeaderRowInput, past: ShownMoment): readonly Part[] => {
  const { width, mode, frozen: _, ...present } = input;
  const [name, ...rest] = partsOf({ ...present, width, mode });
  const badges = pastBadges(past, input.keys);
  const room = (taken: readonly string[]): number =>
    width - taken.reduce((sum, text) => sum + textWidth(text) + GAP.length, 0);
  const longest = (columns: number): string | undefined => badges.find(text => textWidth(text) + 1 <= columns);
  const beside = longest(room([name!.text, ` ${mode} `]));
  // Where only a bare badge would fit, the way back is worth more than the town's name.
  const saysWayBack = beside !== undefined && badges.indexOf(beside) < badges.length - BARE_BADGES;
  const badge = saysWayBack ? beside : (longest(room([` ${mode} `])) ?? badges.at(-1)!);
  return [{ text: ` ${badge}`, rank: -1 }, name!, ...rest];
};

const partsOf = ({
  view: { counts, town, trends },
  mode,
  frozen,
  readOnly,
  line,
  theme,
}: HeaderRowInput): readonly Part[] => {
  const { glyph } = theme;
  const counted = (count: number, [text, short]: readonly [string, string], style: Style): Omit<Part, 'rank'> => ({
    text: text.replace('#', String(count)),
    short: short.replace('#', String(count)),
    style: count > 0 ? style : theme.dim,
  });
  const name = safeLine(town.name);
  return [
    {
      text: cut(name, TOWN_MAX_COLUMNS),
      short: cut(name, TOWN_NARROW_COLUMNS),
      style: theme.strong,
      rank: 1,
    },
    { text: ` ${mode} `, style: modeStyle(mode, theme), rank: mode === 'COMMAND' ? 7 : 0 },
    ...(town.estop ? [{ text: `${glyph.fail} STOPPED`, style: theme.bad, rank: 0 }] : []),
    ...(town.banner ? [{ text: `${glyph.fail} LEDGER`, style: theme.bad, rank: 0 }] : []),
    ...(frozen ? [{ text: ' FROZEN ', style: theme.selected, rank: 0 }] : []),
    ...(readOnly ? [{ text: 'read-only', style: theme.warn, rank: 1 }] : []),
    ...(town.dispatchPaused ? [{ text: `${glyph.waiting} paused`, style: theme.warn, rank: 2 }] : []),
    {
      ...counted(counts.attention, [counts.attention === 1 ? '! # needs you' : '! # need you', '! # you'], theme.warn),
      rank: counts.attention > 0 ? 1 : 11,
    },
    { ...counted(counts.working, [`${glyph.on} # working`, `${glyph.on} # work`], theme.good), rank: 3 },
    {
      ...counted(counts.waiting, [`${glyph.waiting} # waiting`, `${glyph.waiting} # wait`], theme.warn),
      rank: counts.waiting > 0 ? ALWAYS_RANK : 10,
    },
    {
      ...counted(counts.stalled, [`${glyph.fail} # stalled`, `${glyph.fail} # stall`], theme.bad),
      rank: counts.stalled > 0 ? 6 : 10,
    },
    ...(line ? [{ text: line, style: theme.warn, rank: 7 }] : []),
    { text: `queue ${counts.queue}`, rank: 4 },
    { text: `${todayWords(counts)} today`, short: briefly(counts), rank: 5 },
    { text: `$${counts.costPerHourUsd.toFixed(2)}/h`, style: theme.dim, rank: 9 },
    ...trendParts(trends, theme),
  ];
};

/** What this day costs, where a word is too much. */
const briefly = (counts: Counts): string =>
  counts.costTodayUsd > 0
    ? shortCost({
        costUsd: counts.costTodayUsd,
        ...(counts.unpricedToday !== undefined && { unpriced: counts.unpricedToday }),
      })
    : todayWords(counts);

/** How the last hours went, where there is room for what can be looked up and once there is anything to look at. */
const trendParts = (trends: Trends | undefined, theme: Theme): readonly Part[] => {
  if (!trends) return [];
  const bars = (values: readonly number[]): string => sparkline(values, { width: TREND_COLUMNS, theme });
  const isQuiet = (values: readonly number[]): boolean => values.every(value => value === 0);
  return [
    ...(isQuiet(trends.costUsd) ? [] : [{ text: bars(trends.costUsd), style: theme.dim, rank: 12 }]),
    ...(isQuiet(trends.landings)
      ? []
      : [{ text: `landed ${bars(trends.landings)} in ${trendSpan(trends)}`, style: theme.dim, rank: 13 }]),
  ];
};

/** Of each line of small bars: half an hour a bar. */
const TREND_COLUMNS = 12;

const modeStyle = (mode: HeaderRowInput['mode'], theme: Theme): Style => {
  if (mode === 'DECIDE') return text => theme.selected(theme.warn(text));
  return mode === 'TYPING' ? text => theme.selected(theme.info(text)) : theme.selected;
};

/** As much of it as there is room for: what is left is said in no fewer words than it has to be. */
const fitting = (parts: readonly Part[], width: number): readonly Part[] => {
  const isWide = (some: readonly Part[], textIn: (part: Part) => string): boolean =>
    some.reduce((sum, part) => sum + textWidth(textIn(part)) + GAP.length, -GAP.length) > width;
  let left = parts;
  const dropWhile = (isTooMuch: () => boolean, above: number): void => {
    while (left.length > 1 && isTooMuch()) {
      const highest = Math.max(...left.map(({ rank }) => rank));
      if (highest <= above) return;
      const dropped = left.findLast(({ rank }) => rank === highest);
      left = left.filter(part => part !== dropped);
    }
  };
  dropWhile(() => isWide(left, textOf), ALWAYS_RANK);
  dropWhile(() => isWide(left, shortOf), Number.NEGATIVE_INFINITY);
  // The town's own name is cut last.
  for (const part of left.toReversed().sort((a, b) => b.rank - a.rank))
    if (isWide(left, textOf)) left = left.with(left.indexOf(part), { ...part, text: shortOf(part) });
  return left;
};
