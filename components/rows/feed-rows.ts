import type { FeedRow } from '../../source/town/view.ts';
import { type Line, listPane } from './list-pane.ts';
import type { PaneInput } from './pane.ts';

/** What happened, oldest first; the newest are in sight while nothing is selected. */
export const feedRows = listPane({
  name: 'Log  events',
  empty: 'Nothing has happened yet. Press n to write a bead, then s to sling it.',
  tail: true,
  lines: input => input.view.feed.map(event => feedLine(event, input)),
});

const feedLine = (event: FeedRow, { theme }: PaneInput): Line => ({
  id: String(event.seq),
  record: event,
  depends: '',
  pieces: () => [
    { text: clock(event.at), style: theme.dim },
    { text: '  ' },
    { text: event.actor, width: 10 },
    { text: `${event.what} ${event.subject}` },
    ...(event.because ? [{ text: `  because ${event.because}`, style: theme.dim }] : []),
  ],
});

/** Time of day where the person is. */
const clock = (at: number): string => {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
};
