import { Box, Text } from 'ink';
import { flashRow, hintsOf } from './chrome.ts';
import { crumbsOf } from './dialogs/crumbs.ts';
import { dialogContent } from './dialogs/dialog-view.tsx';
import { type FrameProps, paneBody } from './frame.tsx';
import { keysIn } from './keymap.ts';
import { footerRow } from './rows/footer-row.ts';
import { headerRow } from './rows/header-row.ts';
import { modeOf, PANES, topDialog } from './state.ts';

/** Rows beside the pane's own: header, title, flash line and keys. */
const OTHER_ROWS = 4;

/**
 * The screen for somebody who has it read out: plain lines, one after the other, of what has the keys and nothing beside it.
 * No boxes, no second column; what is chosen and what is marked is told by a sign in front.
 */
export const ReaderScreen = (props: FrameProps) => {
  const { snapshot, context, columns, theme } = props;
  const { view, state } = snapshot;
  const lines = [
    headerRow({
      view,
      mode: modeOf(state),
      frozen: state.frozen,
      readOnly: context.readOnly,
      width: columns,
      theme,
      keys: keysIn(context),
    }),
    ...bodyOf(props),
    flashRow({ view, state, width: columns, theme, keys: keysIn(context) }),
    footerRow({ hints: hintsOf(state, context), width: columns, theme }),
  ].filter(line => line.trim() !== '');
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is nothing but its place
        <Text key={index}>{theme.print(line.trimEnd())}</Text>
      ))}
    </Box>
  );
};

/** The topmost dialog, or the pane that has the keys. */
const bodyOf = (props: FrameProps): readonly string[] => {
  const { snapshot, context, columns, rows, theme } = props;
  const { state } = snapshot;
  const dialog = topDialog(state);
  if (dialog && dialog.kind !== 'line') {
    const { title, rows: lines, hint } = dialogContent(dialog, { state, ...props });
    return [theme.titleFocused([...crumbsOf(state), title].join(', ')), ...lines, hint];
  }
  const number = (PANES.indexOf(state.focus) + 1) % PANES.length;
  const region = { pane: number as 0, x: 0, y: 0, width: columns, height: Math.max(2, rows - OTHER_ROWS + 1) };
  const { title, rows: lines } = paneBody(state.focus, { ...props, region });
  return [theme.titleFocused(`${keysIn(context)(`{${state.focus}}`)} ${title}`), ...lines];
};
