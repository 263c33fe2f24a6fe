import { duration, fit } from '../source/common/text.ts';
import { topOf } from './actions/log.ts';
import { wrapText } from './dialogs/wrap.ts';
import type { ScreenContext, Situation } from './situation.ts';
import type { LogState } from './state.ts';
import type { Theme } from './theme.ts';

export interface TextPaneInput {
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

export interface TextPaneOutput {
  readonly title: string;
  readonly rows: readonly string[];
}

/** The log: its newest lines while it is followed, else where the person stopped, with a count of what came since. */
export const logPane = (
  log: LogState,
  context: ScreenContext,
  { width, height, theme }: TextPaneInput,
): TextPaneOutput => {
  const top = log.follow ? Math.max(0, log.lines.length - height) : topOf(log, context);
  const wanted = log.search?.toLowerCase();
  const rows = log.lines.slice(top, top + height).flatMap((line, offset) => {
    const text = line.replaceAll('\t', '  ');
    const hit = wanted ? text.toLowerCase().includes(wanted) : false;
    const style = top + offset === log.match ? theme.selected : hit ? theme.warn : same;
    return (log.wrap ? wrapText(text, width) : [text]).map(part => style(fit(part, width)));
  });
  const shown = log.follow ? rows.slice(-height) : rows.slice(0, height);
  if (log.lines.length === 0 && height > 0) shown.push(theme.dim(fit('Nothing was written yet.', width)));
  while (shown.length < height) shown.push(' '.repeat(width));
  const state = log.follow ? 'following' : `stopped${log.unseen > 0 ? `  +${log.unseen}` : ''}  G follows`;
  return { title: `Log  ${log.name}  ${state}${log.search ? `  /${log.search}` : ''}`, rows: shown };
};

/** What is selected, with the evidence for its state. */
export const detailPane = (situation: Situation, { width, height, theme }: TextPaneInput): TextPaneOutput => {
  const rows = detailLines(situation)
    .flatMap(line => wrapText(line, width))
    .slice(0, height)
    .map(line => fit(line, width));
  if (rows.length === 0 && height > 0) rows.push(theme.dim(fit('Nothing is selected.', width)));
  while (rows.length < height) rows.push(' '.repeat(width));
  return { title: `Detail${situation.id === undefined ? '' : `  ${situation.id}`}`, rows };
};

const detailLines = ({ bead, polecat, merge, convoy, dog, context }: Situation): readonly string[] => {
  const { at } = context.view;
  return [
    ...(convoy && !bead
      ? [`${convoy.title}`, `${convoy.status}, ${convoy.closed} of ${convoy.beads.length} done`]
      : []),
    ...(bead
      ? [
          `${bead.id}  ${bead.title}`,
          `${bead.phase}, priority ${bead.priority}, ${bead.type}, attempt ${bead.attempts}, bounced ${bead.reworks}`,
        ]
      : []),
    ...(bead?.blockedBy.length ? [`waits for ${bead.blockedBy.join(', ')}`] : []),
    ...(bead?.parked ? [`parked: ${bead.parked}`] : []),
    ...(bead?.cause ? [`came back: ${bead.cause.summary}`] : []),
    ...(polecat
      ? [
          `${polecat.name} is ${polecat.state} for ${duration(at - polecat.since)} (${polecat.evidence})`,
          ...(polecat.unsandboxed ? [`without a sandbox: ${polecat.unsandboxed}`] : []),
        ]
      : []),
    ...(merge
      ? [
          `${merge.id} is ${merge.state} for ${duration(at - merge.since)}: ${merge.why}`,
          `${merge.base.slice(0, 10)}…${merge.head.slice(0, 10)} to ${merge.target}${merge.files === undefined ? '' : `, ${merge.files} files`}`,
          ...merge.gates.map(gate => `gate ${gate.name}: ${gate.outcome}`),
        ]
      : []),
    ...(dog ? [`${dog.name}: ${dog.note}`] : []),
    ...(bead?.description ? ['', ...bead.description.split('\n')] : []),
  ];
};

/** A pane's title row with its number key, cut to the pane. */
export const titleRow = (
  number: string,
  title: string,
  { width, focused, theme }: { width: number; focused: boolean; theme: Theme },
): string => {
  const text = fit(`${number} ${title}`, width);
  return focused ? theme.titleFocused(text) : theme.title(text);
};

const same = (text: string): string => text;
