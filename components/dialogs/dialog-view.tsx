import { boundIn, withKeys } from '../keymap.ts';
import { overlaid } from '../rows/screen-rows.ts';
import { type ScreenContext, situationOf } from '../situation.ts';
import { type Dialog, type ScreenState, topDialog } from '../state.ts';
import type { Theme } from '../theme.ts';
import { CONTENT_WIDTH_MAX, type DialogContent, FRAME_COLUMNS, frame } from './box.ts';
import { crumbsOf } from './crumbs.ts';
import { doctorContent } from './doctor-rows.ts';
import type { DialogInput } from './input.ts';
import { helpContent, menuContent, paletteContent, quitContent, sourcesContent } from './list-dialogs.ts';
import { reviewContent } from './review-rows.ts';
import { confirmContent, decideContent, formContent } from './text-dialogs.ts';
import { FOOTER_ROWS, HEADER_ROWS, viewerContent, viewerRows } from './viewer.ts';

export interface DialogViewProps {
  readonly state: ScreenState;
  readonly context: ScreenContext;
  /** Size of the whole screen; header and footer stay in sight. */
  readonly columns: number;
  readonly rows: number;
  readonly theme: Theme;
}

/** The topmost dialog over the rows of the screen. It is whole rows wide within its frame, so nothing shines through. */
export const withDialog = (screen: readonly string[], props: DialogViewProps): readonly string[] => {
  const { columns, rows } = props;
  const dialog = topDialog(props.state);
  if (!dialog || dialog.kind === 'line') return screen;
  const { lines, width } = dialogLines(dialog, props);
  const x = Math.max(0, Math.floor((columns - width) / 2));
  const y = HEADER_ROWS + Math.max(0, Math.floor((rows - HEADER_ROWS - FOOTER_ROWS - lines.length) / 2));
  return overlaid(screen, { x, y, rows: lines }, width);
};

/** The framed rows of a dialog, all of them `width` columns wide. */
export const dialogLines = (
  dialog: ShownDialog,
  props: DialogViewProps,
): { lines: readonly string[]; width: number } => {
  const width = widthOf(dialog, props);
  const content = { ...dialogContent(dialog, props), crumbs: crumbsOf(props.state) };
  return { lines: frame(content, width, props.theme), width: width + FRAME_COLUMNS };
};

/** A dialog's title, rows and keys before they have a frame. */
export const dialogContent = (dialog: ShownDialog, props: DialogViewProps): DialogContent => {
  const { state, context, rows, theme } = props;
  const content = contentOf(dialog, {
    width: widthOf(dialog, props),
    height: viewerRows(rows),
    theme,
    situation: situationOf(state, context),
  });
  return { ...content, hint: withKeys(content.hint, boundIn(context)) };
};

/** A line over the footer has no box of its own. */
type ShownDialog = Exclude<Dialog, { kind: 'line' }>;

const widthOf = ({ kind }: Dialog, { columns }: DialogViewProps): number => {
  const room = columns - FRAME_COLUMNS;
  return kind === 'viewer' || kind === 'review' ? room : Math.min(CONTENT_WIDTH_MAX, room);
};

const contentOf = (dialog: ShownDialog, input: DialogInput): DialogContent => {
  switch (dialog.kind) {
    case 'help':
      return helpContent(dialog, input);
    case 'menu':
      return menuContent(dialog, input);
    case 'sources':
      return sourcesContent(dialog, input);
    case 'palette':
      return paletteContent(dialog, input);
    case 'quit':
      return quitContent(dialog, input);
    case 'doctor':
      return doctorContent(dialog, input);
    case 'form':
      return formContent(dialog, input);
    case 'confirm':
      return confirmContent(dialog, input);
    case 'decide':
      return decideContent(dialog, input);
    case 'viewer':
      return viewerContent(dialog, input);
    case 'review':
      return reviewContent(dialog, input);
  }
};
