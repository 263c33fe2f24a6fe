import { Box, Text } from 'ink';
import { fit, safeLine } from '../../source/common/text.ts';
import type { Theme } from '../theme.ts';

export interface PaneViewProps {
  /** The pane's key, as printed. */
  readonly label: string;
  readonly title: string;
  /** Finished rows, `height - 1` of them: they are neither cut nor clipped here. */
  readonly rows: readonly string[];
  readonly width: number;
  /** Title row included. */
  readonly height: number;
  readonly focused: boolean;
  readonly theme: Theme;
}

/** A pane on the screen: one `<Text>`, since a box a row or a cell costs twice as much to paint. */
export const PaneView = ({ label, title, rows, width, height, focused, theme }: PaneViewProps) => {
  const style = focused ? theme.titleFocused : theme.title;
  return (
    <Box width={width} height={height}>
      <Text wrap="truncate-end">
        {theme.print([style(fit(safeLine(`${label} ${title}`), width)), ...rows].join('\n'))}
      </Text>
    </Box>
  );
};
