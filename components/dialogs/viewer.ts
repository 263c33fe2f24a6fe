import { safeLine } from '../../source/common/text.ts';
import type { TownView } from '../../source/town/view.ts';
import { keysIn } from '../keymap.ts';
import { blankRow } from '../rows/compose.ts';
import { detailLines } from '../rows/detail-rows.ts';
import type { KeyWords } from '../rows/pane.ts';
import type { ViewerDialog } from '../state.ts';
import type { Theme } from '../theme.ts';
import { type DialogContent, FRAME_COLUMNS, FRAME_ROWS, row } from './box.ts';
import type { DialogInput } from './input.ts';
import { wrapText } from './wrap.ts';

/** Rows above and below that no dialog covers: the header; the flash line and the keys. */
export const HEADER_ROWS = 1;
export const FOOTER_ROWS = 2;

/** Rows of a viewer's text, of which a page is moved by. */
export const viewerRows = (rows: number): number => Math.max(1, rows - HEADER_ROWS - FOOTER_ROWS - FRAME_ROWS);

/** Lines a viewer has to scroll through, as wide as they are drawn. */
export const viewerLineCount = (
  dialog: ViewerDialog,
  { view, columns, theme, keys }: { view: TownView; columns: number; theme: Theme; keys: KeyWords },
): number => whyRows(dialog, { view, width: columns - FRAME_COLUMNS, theme, keys }).length;

/** All that is known of a record, with the reasons and its history. */
export const viewerContent = (
  dialog: ViewerDialog,
  { width, height, theme, situation }: DialogInput,
): DialogContent => {
  const all = whyRows(dialog, { view: situation.context.view, width, theme, keys: keysIn(situation.context) });
  const shown = all.slice(dialog.scroll, dialog.scroll + height);
  const place = all.length > height ? `  ${dialog.scroll + 1}–${dialog.scroll + shown.length} of ${all.length}` : '';
  return {
    title: `${dialog.title}${place}`,
    rows: filled(shown, width, height),
    hint: `${dialog.forConfig === undefined ? '' : '{copy} copy the lines for town.toml · '}${HINT}`,
  };
};

const HINT = '{down} {up} {top} {bottom} {page-down} {page-up} move · {close} close';

const whyRows = (
  dialog: ViewerDialog,
  { view, width, theme, keys }: { view: TownView; width: number; theme: Theme; keys: KeyWords },
): readonly string[] => {
  if (dialog.view === 'said') return saidRows(dialog.lines ?? [], width);
  if (dialog.view === 'keys')
    return (dialog.lines ?? []).flatMap(line => wrapText(safeLine(line), width)).map(text => row(text, width));
  return detailLines({
    view,
    id: dialog.subject,
    why: dialog.lines,
    ...(dialog.asksHistory && { history: dialog.history ?? ASKING }),
    width,
    theme,
    keys,
  });
};

/** Columns of the time; under it a long line goes on. */
const SAID_INDENT = 10;

const saidRows = (lines: readonly string[], width: number): readonly string[] =>
  lines.flatMap(line =>
    wrapText(safeLine(line.slice(SAID_INDENT)), width - SAID_INDENT).map((part, index) =>
      row(`${index === 0 ? line.slice(0, SAID_INDENT) : ' '.repeat(SAID_INDENT)}${part}`, width),
    ),
  );

const ASKING = ['Asking the town…'];

const filled = (rows: readonly string[], width: number, height: number): readonly string[] => [
  ...rows,
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => blankRow(width)),
];
