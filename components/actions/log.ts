import type { LogSource } from '../../source/town/view.ts';
import { type ScreenContext, situationOf } from '../situation.ts';
import { type LogState, type NamedSource, type ScreenState, topDialog } from '../state.ts';
import { type Move, moved } from './movement.ts';
import { openPaletteWith } from './palette.ts';
import { type Action, closeDialog, openDialog, refuse, say, step } from './step.ts';

/** Shows another log, followed, and goes there. */
export const showLog = (state: ScreenState, source: LogSource, name: string): ScreenState => ({
  ...state,
  focus: 'log',
  log: sameSource(state.log.source, source)
    ? following(state.log)
    : { source, name, lines: [], follow: true, wrap: state.log.wrap, top: 0, unseen: 0 },
});

/** The log of the selected polecat's session, or of the gates of the selected merge request's rig. */
export const openLog: Action = (state, context) => {
  const { pane, polecat, merge, id } = situationOf(state, context);
  if (pane === 'health' && id !== undefined) return step(showNamed(state, roleSource(id.replace(/^role:/, ''))));
  if (pane === 'refinery' && merge)
    return step(showLog(state, { kind: 'gate', rig: merge.rig }, `gates of ${merge.rig}`));
  if (!polecat?.lastSession) return step(state);
  return step(showLog(state, { kind: 'session', session: polecat.lastSession }, polecat.name));
};

const roleSource = (role: string): NamedSource => ({ name: `what the ${role} did`, source: { kind: 'role', role } });

const showNamed = (state: ScreenState, { source, name }: NamedSource): ScreenState => showLog(state, source, name);

/** Every log that there is to show: all that happens, agents, gates, roles. */
export const sourcesIn = ({ view }: Pick<ScreenContext, 'view'>): readonly NamedSource[] => [
  { name: 'events', source: { kind: 'feed' } },
  ...view.polecats.flatMap(({ name, lastSession }) =>
    lastSession === undefined ? [] : [{ name, source: { kind: 'session' as const, session: lastSession } }],
  ),
  ...view.rigs.map(({ id }) => ({ name: `gates of ${id}`, source: { kind: 'gate' as const, rig: id } })),
  ...view.health.roles.map(({ name }) => roleSource(name)),
];

/** `L`: the list of logs; with words the first whose name holds them. */
export const chooseLog: Action = (state, context, given) => {
  const entries = sourcesIn(context);
  const wanted = given?.words?.trim().toLowerCase();
  if (!wanted) {
    const index = Math.max(
      0,
      entries.findIndex(({ source }) => sameSource(source, state.log.source)),
    );
    return step(openDialog(state, { kind: 'sources', entries, index }, context));
  }
  const holds = ({ name }: NamedSource): boolean => name.toLowerCase().includes(wanted);
  const found = entries.find(({ name }) => name.toLowerCase() === wanted) ?? entries.find(holds);
  return found
    ? step(showNamed(state, found))
    : refuse(state, `No log has “${wanted}” in its name: {log-of} lists them.`, context);
};

/** Enter on a log of the list. */
export const takeLog: Action = state => {
  const dialog = topDialog(state);
  const chosen = dialog?.kind === 'sources' ? dialog.entries[dialog.index] : undefined;
  return step(chosen ? showNamed(closeDialog(state), chosen) : state);
};

/** `:grep`: what matches in all logs, those lines to come too. The town searches; a pattern that hangs is its to end. */
export const grep: Action = (state, context, given) => {
  const pattern = given?.words?.trim() ?? '';
  if (pattern === '') return step(openPaletteWith(state, context, 'grep '));
  const wrong = faultOf(pattern);
  if (wrong) return refuse(state, wrong, context);
  return step(showLog(state, { kind: 'grep', pattern }, `grep ${pattern}`));
};

/** Characters of a pattern: more is a paste gone astray. */
const PATTERN_CHARS = 1_000;

const faultOf = (pattern: string): string | undefined => {
  if (pattern.length > PATTERN_CHARS) return `A pattern has ${PATTERN_CHARS} characters at most.`;
  try {
    RegExp(pattern);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}.`;
  }
};

/** The whole log in the person's pager. */
export const page: Action = (state, context) =>
  step(say(state, 'The whole log is on its way to your pager…', { now: context.now }), {
    type: 'page',
    source: state.log.source,
  });

/** The whole log in a new file: the one that is named, else one in their home, where it makes no repository unclean. */
export const save: Action = (state, context, given) => {
  const stamp = new Date(context.now).toISOString().slice(0, 19).replace(/[:T]/g, '-');
  const plain = state.log.name.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[-.]+|-+$/g, '');
  const file = given?.words?.trim() || `~/gastown-${plain}-${stamp}.log`;
  return step(say(state, 'Saving…', { now: context.now }), { type: 'saveLog', source: state.log.source, file });
};

/** The terminal of the session shown instead of what was said, and back. */
export const toggleRaw: Action = state => {
  const { source, name } = state.log;
  if (source.kind !== 'session') return step(state);
  const bare = name.replace(/ \(terminal\)$/, '');
  const { raw, ...rest } = source;
  return step(raw ? showLog(state, rest, bare) : showLog(state, { ...rest, raw: true }, `${bare} (terminal)`));
};

/** `T`: each line with when it was written, or without. */
export const toggleTimes: Action = state => {
  const { source, name } = state.log;
  if (source.kind !== 'session' && source.kind !== 'gate') return step(state);
  const { times, ...bare } = source;
  return step(showLog(state, times ? bare : { ...bare, times: true }, name));
};

/** The event feed. */
export const openEvents: Action = state => step(showLog(state, { kind: 'feed' }, 'events'));

export const toggleFollow: Action = (state, context) =>
  step(
    setLog(
      state,
      state.log.follow ? { ...state.log, follow: false, top: topOf(state.log, context) } : following(state.log),
    ),
  );

export const toggleWrap: Action = state => step(setLog(state, { ...state.log, wrap: !state.log.wrap }));

/** Any move but to the end stops following; the end resumes it. */
export const scrollLog = (state: ScreenState, movement: Move, context: ScreenContext): ScreenState => {
  const { log } = state;
  if ('to' in movement && movement.to === 'bottom') return setLog(state, following(log));
  const downward = ('by' in movement && movement.by > 0) || ('pages' in movement && movement.pages > 0);
  if (log.follow && downward) return state;
  const page = context.pageRows('log');
  const count = Math.max(1, log.lines.length - page + 1);
  const top = moved(topOf(log, context), movement, { count, page });
  // Whoever moves on has left the match: the next is looked for from what is in sight.
  const { match: _, ...moving } = top === 0 && !downward ? deeper(log) : log;
  return setLog(state, { ...moving, follow: false, top });
};

/** Lines of a log that are read from its end; at the top of those, four times as many, up to the most. */
export const LOG_LINES = 1_000;
const DEPTH_MAX = 20_000;

/** Whoever comes to the top of what was read gets more, where there is more: a log is never read whole at once. */
const deeper = (log: LogState): LogState => {
  const { depth = LOG_LINES, lines } = log;
  return lines.length < depth || depth >= DEPTH_MAX ? log : { ...log, depth: Math.min(DEPTH_MAX, depth * 4) };
};

/** First line shown. */
export const topOf = (log: LogState, context: ScreenContext): number =>
  log.follow ? Math.max(0, log.lines.length - context.pageRows('log')) : log.top;

/** Lines of context kept above a match. */
const MATCH_MARGIN = 2;

/** Goes to the next or previous line that holds the searched words, around the ends. */
export const findMatch =
  (by: 1 | -1): Action =>
  (state, context) => {
    const { log } = state;
    const wanted = log.search?.toLowerCase();
    if (!wanted) return step(state);
    const count = log.lines.length;
    const from = log.match ?? placeToSearchFrom(log, { by, context });
    for (let tried = 1; tried <= count; tried++) {
      const index = (((from + by * tried) % count) + count) % count;
      if (!log.lines[index]!.toLowerCase().includes(wanted)) continue;
      const last = Math.max(0, count - context.pageRows('log'));
      const top = Math.min(last, Math.max(0, index - MATCH_MARGIN));
      return step(setLog(state, { ...log, follow: false, match: index, top }));
    }
    return refuse(state, `No line of this log holds “${log.search}”.`, context);
  };

/** The end of a log that is followed, else what is in sight. */
const placeToSearchFrom = (log: LogState, { by, context }: { by: 1 | -1; context: ScreenContext }): number => {
  if (by < 0 && log.follow) return log.lines.length;
  return topOf(log, context) - by;
};

/** New lines of the log shown. While not following, what is on the screen stands still and only the count grows. */
export const receiveLines = (state: ScreenState, source: LogSource, lines: readonly string[]): ScreenState => {
  const { log } = state;
  if (!sameSource(log.source, source)) return state;
  if (log.follow) return setLog(state, { ...log, lines, unseen: 0 });
  if (log.lines.length === 0) return setLog(state, { ...log, lines });
  const more = before(log.lines, lines);
  if (more > 0) {
    const end = more + log.lines.length;
    const match = log.match === undefined ? {} : { match: log.match + more };
    const shown = { ...log, ...match, lines: lines.slice(0, end), top: log.top + more };
    return setLog(state, { ...shown, fresh: lines, unseen: lines.length - end });
  }
  return setLog(state, { ...log, fresh: lines, unseen: newerThan(log.lines, lines) });
};

export const sameSource = (a: LogSource, b: LogSource): boolean => sourceKey(a) === sourceKey(b);

export const sourceKey = (source: LogSource): string => {
  if (source.kind === 'feed') return 'feed';
  if (source.kind === 'gate') return `gate ${source.rig}${source.times ? ' times' : ''}`;
  if (source.kind === 'role') return `role ${source.role}`;
  if (source.kind === 'grep') return `grep ${source.pattern}`;
  return `session ${source.session}${source.raw ? ' raw' : ''}${source.times ? ' times' : ''}`;
};

const setLog = (state: ScreenState, log: LogState): ScreenState => ({ ...state, log });

const following = ({ fresh, match: _, depth: __, ...log }: LogState): LogState => ({
  ...log,
  lines: fresh ?? log.lines,
  follow: true,
  unseen: 0,
});

/** Lines compared to find where the last line seen stands in a newer reading of the same log. */
const OVERLAP_LINES = 3;

const newerThan = (seen: readonly string[], lines: readonly string[]): number => {
  const tail = seen.slice(-OVERLAP_LINES);
  for (let end = lines.length; end >= tail.length; end--)
    if (tail.every((line, index) => lines[end - tail.length + index] === line)) return lines.length - end;
  return lines.length;
};

/** How many lines a longer reading of the same log has before those that were seen; 0 where it has none, or is another. */
const before = (seen: readonly string[], lines: readonly string[]): number => {
  const head = seen.slice(0, OVERLAP_LINES);
  for (let start = 1; start + seen.length <= lines.length; start++) {
    const isThere = head.every((line, index) => lines[start + index] === line);
    if (isThere && lines[start + seen.length - 1] === seen.at(-1)) return start;
  }
  return 0;
};
