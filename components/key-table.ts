import * as may from './enabled.ts';
import type { Situation } from './situation.ts';
import type { Dialog, PaneId } from './state.ts';

/**
 * Where a key means something: a pane, a kind of dialog, every pane (`global`), simply everywhere on the screen (`always`),
 * or while the terminal is a session's (`attached`).
 */
export type KeyContext = PaneId | Dialog['kind'] | 'global' | 'always' | 'attached';

export interface KeyCommand {
  /** Stable name: what the palette takes and what tests press. */
  readonly id: string;
  readonly keys: readonly string[];
  /** A full sentence for help and documents. */
  readonly label: string;
  /** One or two words for the footer. */
  readonly short: string;
  readonly contexts: readonly KeyContext[];
  /** Changes the town: disabled on a read-only screen. */
  readonly changes?: true;
  /** Answers what is asked: it waits until that can have been read. */
  readonly decides?: true;
  /** What may follow its name in the palette, for its completion: `/words/`. */
  readonly words?: string;
  /** Acts on the selected row: offered in its action menu. */
  readonly acts?: true;
  /** Acts on all marked rows at once. */
  readonly many?: true;
  /** Shown in the footer of its contexts. */
  readonly footer?: true;
  /** True, or why it cannot be done now and what to do instead. */
  readonly enabled?: (situation: Situation) => true | string;
}

/** Panes that are lists. */
const LISTS = ['plan', 'polecats', 'refinery', 'health'] as const;
/** Lists that move with the same keys. */
const MOVING = ['global', 'help', 'menu', 'sources', 'viewer', 'review', 'decide', 'confirm', 'quit'] as const;
/** Dialogs that Esc closes. */
const CLOSING = [
  'help',
  'palette',
  'menu',
  'sources',
  'form',
  'line',
  'confirm',
  'decide',
  'review',
  'viewer',
  'quit',
] as const;
/** Closing keys that are letters work only where keys are not text. */
const CLOSING_COMMAND = ['help', 'menu', 'sources', 'viewer', 'decide', 'review'] as const;

/** The one table of keys: dispatch, footer, `?`, `gastown keys` and tests all read it. */
// biome-ignore format: a table is read in rows
const TABLE = [
  { id: 'plan', keys: ['1'], label: 'Go to the plan: convoys and their beads.', short: 'plan', contexts: ['global'] },
  { id: 'polecats', keys: ['2'], label: 'Go to the polecats, the workers.', short: 'polecats', contexts: ['global'] },
  { id: 'refinery', keys: ['3'], label: 'Go to the refinery, the merge queue.', short: 'refinery', contexts: ['global'] },
  { id: 'health', keys: ['4'], label: 'Go to health: roles, dogs and the machine.', short: 'health', contexts: ['global'] },
  { id: 'log', keys: ['5'], label: 'Go to the log.', short: 'log', contexts: ['global'] },
  { id: 'detail', keys: ['0'], label: 'Go to the detail of what is selected.', short: 'detail', contexts: ['global'] },
  { id: 'next-pane', keys: ['tab', 'l', 'right'], label: 'Go to the next pane.', short: 'next pane', contexts: ['global'] },
  { id: 'previous-pane', keys: ['shift-tab', 'h', 'left'], label: 'Go to the previous pane.', short: 'previous pane', contexts: ['global'] },
  { id: 'down', keys: ['j', 'down'], label: 'Move down.', short: 'down', contexts: MOVING },
  { id: 'up', keys: ['k', 'up'], label: 'Move up.', short: 'up', contexts: MOVING },
  { id: 'top', keys: ['g', 'home', '<'], label: 'Move to the top.', short: 'top', contexts: MOVING },
  { id: 'bottom', keys: ['G', 'end', '>'], label: 'Move to the bottom; in the log, follow it again.', short: 'bottom', contexts: MOVING },
  { id: 'page-down', keys: ['ctrl-d', 'pgdn'], label: 'Move down half a page.', short: 'page down', contexts: MOVING },
  { id: 'page-up', keys: ['ctrl-u', 'pgup'], label: 'Move up half a page.', short: 'page up', contexts: MOVING },
  { id: 'open', keys: ['enter'], label: 'Open: fold a convoy, review a merge request, or show why a thing is as it is.', short: 'open', contexts: ['global'], enabled: may.selected },
  { id: 'back', keys: ['esc'], label: 'Go back one step: from the past to now, then marks, filter and zoom. Never quits and never destroys.', short: 'back', contexts: ['global'] },
  { id: 'zoom', keys: ['+'], label: 'Give the focused pane more room.', short: 'zoom', contexts: ['global'], enabled: may.zoom },
  { id: 'unzoom', keys: ['_'], label: 'Give the focused pane less room.', short: 'unzoom', contexts: ['global'], enabled: may.unzoom },

  { id: 'sling', keys: ['s'], label: 'Sling: have a polecat do the selected bead.', short: 'sling', contexts: ['plan'], changes: true, acts: true, many: true, footer: true, enabled: may.sling },
  { id: 'sling-convoy', keys: ['S'], label: 'Sling every open bead of the convoy.', short: 'sling all', contexts: ['plan'], changes: true, acts: true, footer: true, enabled: may.slingConvoy },
  { id: 'raise', keys: ['p'], label: 'Make the bead more urgent by one step.', short: 'more urgent', contexts: ['plan'], changes: true, acts: true, many: true, enabled: may.raise },
  { id: 'lower', keys: ['P'], label: 'Make the bead less urgent by one step.', short: 'less urgent', contexts: ['plan'], changes: true, acts: true, many: true, enabled: may.lower },
  { id: 'close-bead', keys: ['C'], label: 'Close the bead without landing anything, after asking.', short: 'close', contexts: ['plan'], changes: true, acts: true, many: true, enabled: may.closeBead },
  { id: 'edit', keys: ['e'], label: 'Edit the bead; on a proposed plan, the whole of it in your editor.', short: 'edit', contexts: ['plan'], changes: true, acts: true, enabled: may.edit },
  { id: 'edit-text', keys: ['E'], label: 'Edit the bead in your editor: title, texts, type, priority and agent.', short: 'editor', contexts: ['plan'], changes: true, acts: true, enabled: may.editText },
  { id: 'unsling', keys: [], label: 'Take back the wish to have the bead done.', short: 'unsling', contexts: ['plan'], changes: true, acts: true, many: true, enabled: may.unsling },
  { id: 'attach', keys: ['a'], label: 'Attach your terminal to the polecat; {detach} detaches.', short: 'attach', contexts: ['plan', 'polecats'], changes: true, acts: true, footer: true, enabled: may.attach },
  { id: 'prompt', keys: ['o'], label: 'Send the polecat a line without attaching.', short: 'prompt', contexts: ['plan', 'polecats'], changes: true, acts: true, footer: true, enabled: may.prompt },
  { id: 'wrong', keys: ['!'], label: 'This is wrong: keep what the state of the polecat was read from in a file, to mend the rules by.', short: 'wrong', contexts: ['polecats'], changes: true, acts: true, enabled: may.wrong },
  { id: 'open-log', keys: ['l'], label: 'Show the log of the selected polecat or role, or of the gates of its rig.', short: 'log', contexts: ['polecats', 'refinery', 'health'], acts: true, footer: true, enabled: may.openLog },
  { id: 'diff', keys: ['d'], label: 'Review the merge request: its diff with the evidence, to decide on it.', short: 'review', contexts: ['plan', 'polecats', 'refinery'], acts: true, footer: true, enabled: may.diff },
  { id: 'stop', keys: ['D'], label: 'Stop the polecat; its bead goes back to ready.', short: 'stop', contexts: ['plan', 'polecats'], changes: true, acts: true, many: true, enabled: may.stop },
  { id: 'retry', keys: ['r'], label: 'Try again: a merge request as it is, or a parked bead from anew.', short: 'retry', contexts: ['plan', 'refinery'], changes: true, acts: true, many: true, footer: true, enabled: may.retry },
  { id: 'later', keys: ['J'], label: 'Move the merge request, or the bead in its convoy, one place back.', short: 'later', contexts: ['plan', 'refinery'], changes: true, acts: true, enabled: may.later },
  { id: 'earlier', keys: ['K'], label: 'Move the merge request, or the bead in its convoy, one place forward.', short: 'earlier', contexts: ['plan', 'refinery'], changes: true, acts: true, enabled: may.earlier },
  { id: 'land-now', keys: ['m'], label: 'Land now: release the merge request and put it first in the queue.', short: 'land now', contexts: ['refinery'], changes: true, acts: true, footer: true, enabled: may.reorder },
  { id: 'revert', keys: ['R'], label: 'Revert: take a landed request back, through the queue.', short: 'revert', contexts: ['refinery'], changes: true, acts: true, enabled: may.revert },
  { id: 'hold', keys: [], label: 'Hold the merge request back until it is released.', short: 'hold', contexts: ['refinery'], changes: true, acts: true, many: true, enabled: may.hold },
  { id: 'release', keys: [], label: 'Release a held merge request.', short: 'release', contexts: ['refinery'], changes: true, acts: true, many: true, enabled: may.release },
  { id: 'run-dog', keys: ['r'], label: 'Run the selected dog now.', short: 'run now', contexts: ['health'], changes: true, acts: true, many: true, footer: true, enabled: may.runDog },
  { id: 'switch-dog', keys: ['o'], label: 'Switch the selected dog off, or on again.', short: 'on/off', contexts: ['health'], changes: true, acts: true, footer: true, enabled: may.switchDog },
  { id: 'explain', keys: ['i'], label: 'Show why: evidence, reasons and every change, field by field.', short: 'why', contexts: ['global'], acts: true, footer: true, enabled: may.selected },
  { id: 'actions', keys: ['x'], label: 'Show what can be done with what is selected.', short: 'actions', contexts: ['global'], footer: true, enabled: may.selected },

  { id: 'follow', keys: ['F'], label: 'Follow the log, or stop following it.', short: 'follow', contexts: ['log'], footer: true },
  { id: 'wrap', keys: ['w'], label: 'Wrap long lines of the log, or cut them.', short: 'wrap', contexts: ['log'], footer: true },
  { id: 'search', keys: ['/'], label: 'Search the log.', short: 'search', contexts: ['log'], footer: true },
  { id: 'next-match', keys: ['n'], label: 'Go to the next match.', short: 'next', contexts: ['log'], footer: true, enabled: may.match },
  { id: 'previous-match', keys: ['N'], label: 'Go to the match before.', short: 'previous', contexts: ['log'], enabled: may.match },
  { id: 'raw-log', keys: ['t'], label: 'Show the terminal of the session, or again what was said and done.', short: 'terminal', contexts: ['log'], footer: true, enabled: may.rawLog },
  { id: 'log-times', keys: ['T'], label: 'Show when each line was written, or no longer.', short: 'times', contexts: ['log'], footer: true, enabled: may.times },
  { id: 'log-of', keys: ['L'], label: 'Choose whose log is shown: an agent, gates, a role, or all that happens.', short: 'whose', contexts: ['log'], footer: true, words: '<name>', enabled: may.present },
  { id: 'grep', keys: ['ctrl-g'], label: 'Search the logs of all agents, gates and events, those to come too.', short: 'grep all', contexts: ['global'], words: '<regex>', enabled: may.present },
  { id: 'page-log', keys: ['p'], label: 'Open the whole log in your pager.', short: 'pager', contexts: ['log'], footer: true, enabled: may.present },
  { id: 'save-log', keys: ['W'], label: 'Write the whole log to a file.', short: 'save', contexts: ['log'], words: '<file>', footer: true, enabled: may.present },
  { id: 'events', keys: ['f'], label: 'Show the feed of events in the log.', short: 'events', contexts: ['log'], footer: true },

  { id: 'attention', keys: ['space'], label: 'Show the next thing that waits for you; where nothing waits, mark the row, to act on several at once.', short: 'next for you', contexts: ['global', 'decide', 'review'], footer: true },
  { id: 'new-plan', keys: ['N'], label: 'Tell the Mayor a goal: a plan comes back, and nothing starts before you approve it.', short: 'goal', contexts: ['global'], changes: true, footer: true, enabled: may.newBead },
  { id: 'new-bead', keys: ['n'], label: 'Write a new bead.', short: 'new bead', contexts: ['global'], changes: true, footer: true, enabled: may.newBead },
  { id: 'filter', keys: ['/'], label: 'Filter the pane: words a row must contain, `!` in front turns it round.', short: 'filter', contexts: ['plan', 'polecats', 'refinery', 'health'], footer: true },
  { id: 'mark', keys: ['v'], label: 'Mark the row, or unmark it: {sling}, {stop}, {retry}, {raise} and others act on all marked rows at once.', short: 'mark', contexts: LISTS, enabled: may.listed },
  { id: 'mark-range', keys: ['V'], label: 'Mark all rows from the one marked last to this one.', short: 'mark to here', contexts: LISTS, enabled: may.listed },
  { id: 'mark-all', keys: ['*'], label: 'Mark every row that is listed, or none again.', short: 'mark all', contexts: LISTS, enabled: may.listed },
  { id: 'sort', keys: ['O'], label: 'Sort the pane: a menu says by what.', short: 'sort', contexts: LISTS, footer: true },
  { id: 'sort-invert', keys: ['I'], label: 'Sort the other way round.', short: 'invert', contexts: LISTS, enabled: may.invert },
  { id: 'sort-own', keys: [], label: "The town's own order.", short: 'own order', contexts: LISTS },
  { id: 'sort-priority', keys: [], label: 'Sort by priority, the most urgent first.', short: 'by priority', contexts: ['plan', 'refinery'], enabled: may.sortBy('priority') },
  { id: 'sort-age', keys: [], label: 'Sort by age, what waits longest first.', short: 'by age', contexts: ['plan', 'polecats', 'refinery'], enabled: may.sortBy('age') },
  { id: 'sort-changed', keys: [], label: 'Sort by the last change, the newest first.', short: 'by change', contexts: ['plan'], enabled: may.sortBy('changed') },
  { id: 'sort-state', keys: [], label: 'Sort by state, what needs a look first.', short: 'by state', contexts: LISTS, enabled: may.sortBy('state') },
  { id: 'sort-name', keys: [], label: 'Sort by name.', short: 'by name', contexts: LISTS, enabled: may.sortBy('name') },
  { id: 'sort-cost', keys: [], label: 'Sort by cost, the dearest first.', short: 'by cost', contexts: ['plan', 'polecats'], enabled: may.sortBy('cost') },
  { id: 'copy', keys: ['y'], label: 'Copy the id of what is selected, the lines of the log in sight, or the text shown.', short: 'copy', contexts: ['global', 'viewer'] },
  { id: 'palette', keys: [':'], label: 'Run a command by its name.', short: 'command', contexts: ['global', 'decide', 'review', 'viewer'] },
  { id: 'help', keys: ['?'], label: 'Show the keys that work here; {accept} runs one.', short: 'help', contexts: ['global', 'decide', 'review', 'viewer', 'confirm'], footer: true },
  { id: 'messages', keys: ['@'], label: 'Show what was done and said here, the newest first, each line in full.', short: 'messages', contexts: ['global'] },
  { id: 'freeze', keys: ['Z'], label: 'Freeze what is shown, or let it go on. The town never stops for it.', short: 'freeze', contexts: ['global'], enabled: may.freeze },
  { id: 'key-doctor', keys: [], label: 'Find the keys that your terminal or tmux keeps or changes, and others for them.', short: 'key doctor', contexts: ['global'] },
  { id: 'line', keys: [], label: 'Say how the line is: its round trip, what went over it, and whether the screen spares it.', short: 'line', contexts: ['global'] },
  { id: 'lite', keys: [], label: 'Spare the line: draw less often and without borders. Again: as the line is measured, then never.', short: 'lite', contexts: ['global'], words: 'on|off|auto' },
  { id: 'pause-merges', keys: [], label: 'Pause merging of the rig concerned.', short: 'pause merges', contexts: ['global'], changes: true, enabled: may.pauseMerges },
  { id: 'resume-merges', keys: [], label: 'Resume merging of the rig concerned.', short: 'resume merges', contexts: ['global'], changes: true, enabled: may.resumeMerges },
  { id: 'estop', keys: [], label: 'Emergency stop: agents end, their work is kept; nothing runs or lands until thawed.', short: 'stop all', contexts: ['global'], changes: true, enabled: may.estop },
  { id: 'thaw', keys: [], label: 'Thaw: end the emergency stop.', short: 'thaw', contexts: ['global'], changes: true, enabled: may.thaw },
  { id: 'demo', keys: [], label: 'Show a whole town at work, in a temporary folder; leaving it comes back here.', short: 'demo', contexts: ['global'] },
  { id: 'quit', keys: ['q', 'ctrl-c'], label: 'Leave; the agents keep running unless you say otherwise.', short: 'quit', contexts: ['global'], footer: true },
  { id: 'undo', keys: ['z'], label: 'Take back your last command, after saying what that does.', short: 'undo', contexts: ['global'], changes: true, footer: true },
  { id: 'redo', keys: ['ctrl-r', 'Y'], label: 'Do again what was taken back last, after saying what that does.', short: 'redo', contexts: ['global'], changes: true },
  { id: 'time-forward', keys: [']'], label: 'In the past, go one change forward; after the newest, back to now.', short: 'forward', contexts: ['global'], footer: true, enabled: may.forward },
  { id: 'time-back', keys: ['['], label: 'Look at the town as it was one change before.', short: 'past', contexts: ['global'], footer: true },
  { id: 'time-hour-back', keys: ['{'], label: 'Look at the town as it was an hour before.', short: 'hour back', contexts: ['global'] },
  { id: 'time-hour-forward', keys: ['}'], label: 'In the past, go an hour forward; after the newest change, back to now.', short: 'hour on', contexts: ['global'], enabled: may.forward },
  { id: 'now', keys: [], label: 'Come back from the past to now.', short: 'now', contexts: ['global'], enabled: may.forward },
  { id: 'suspend', keys: ['ctrl-z'], label: 'Suspend to the shell; fg comes back.', short: 'suspend', contexts: ['always'] },
  { id: 'redraw', keys: ['ctrl-l'], label: 'Draw the whole screen again.', short: 'redraw', contexts: ['always'] },
  { id: 'detach', keys: ['ctrl-]'], label: 'In an attached terminal, come back to the town; the session goes on.', short: 'detach', contexts: ['attached'] },

  { id: 'yes', keys: ['y'], decides: true, label: 'Say yes to the question shown; approve the request under review and go to the next.', short: 'yes', contexts: ['decide', 'confirm', 'review'], footer: true, enabled: may.yes },
  { id: 'no', keys: ['n'], decides: true, label: 'Say no to the question shown; send the request under review back with a note.', short: 'no', contexts: ['decide', 'confirm', 'review'], footer: true, enabled: may.no },
  { id: 'comment', keys: ['c'], label: 'Comment on the line of the diff; comments go back with the work.', short: 'comment', contexts: ['review'], changes: true, footer: true, enabled: may.comment },
  { id: 'review-scope', keys: ['d'], label: 'Show only what changed since you approved, or the whole again.', short: 'since approved', contexts: ['review'], footer: true, enabled: may.reviewScope },
  { id: 'next-file', keys: ['J', 'tab'], label: 'Go to the next file.', short: 'file', contexts: ['review'], footer: true, enabled: may.turnFile },
  { id: 'previous-file', keys: ['K', 'shift-tab'], label: 'Go to the file before.', short: 'file before', contexts: ['review'], enabled: may.turnFile },
  { id: 'next-hunk', keys: [']'], label: 'Go to the next place that changed.', short: 'hunk', contexts: ['review'], footer: true, enabled: may.turnFile },
  { id: 'previous-hunk', keys: ['['], label: 'Go to the place that changed before.', short: 'hunk before', contexts: ['review'], enabled: may.turnFile },
  { id: 'option', keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], decides: true, label: 'Give the answer of this number to the question shown.', short: 'answer', contexts: ['decide'], footer: true, enabled: may.option },
  { id: 'decide-edit', keys: ['e'], label: 'Edit the bead or, in your editor, the plan that the question is about.', short: 'edit', contexts: ['decide'], changes: true, footer: true, enabled: may.decideEdit },
  { id: 'decide-diff', keys: ['d', 'enter'], label: 'Review the work that the question is about: its diff with the evidence.', short: 'review', contexts: ['decide'], footer: true, enabled: may.decideDiff },
  { id: 'decide-prompt', keys: ['o'], label: 'Answer the polecat in words.', short: 'in words', contexts: ['decide'], changes: true, footer: true, enabled: may.decidePrompt },
  { id: 'decide-attach', keys: ['a'], label: 'Attach to the polecat that asks; {detach} detaches.', short: 'attach', contexts: ['decide'], changes: true, footer: true, enabled: may.attachAsker },
  { id: 'decide-explain', keys: ['i'], label: 'Show reasons, evidence and history.', short: 'why', contexts: ['decide', 'review'], footer: true },
  { id: 'undo-before', keys: ['z'], label: 'Look at the step before the one that cannot be taken back.', short: 'step before', contexts: ['confirm'], changes: true, footer: true, enabled: may.before },
  { id: 'accept', keys: ['enter'], label: 'Run or take what is chosen.', short: 'take', contexts: ['help', 'menu', 'sources', 'palette', 'confirm', 'quit', 'line', 'form'], footer: true },
  { id: 'choose', keys: ['tab', 'left', 'right', 'h', 'l'], label: 'Choose the other button.', short: 'choose', contexts: ['confirm'], footer: true, enabled: may.yes },
  { id: 'complete', keys: ['tab'], label: 'Complete the name.', short: 'complete', contexts: ['palette'], footer: true },
  { id: 'palette-older', keys: ['ctrl-p'], label: 'Take the command that was run before.', short: 'before', contexts: ['palette'], footer: true },
  { id: 'palette-newer', keys: ['ctrl-n'], label: 'Take the command that was run after.', short: 'after', contexts: ['palette'] },
  { id: 'line-older', keys: ['up', 'ctrl-p'], label: 'Take what was filtered or searched by before.', short: 'before', contexts: ['line'], footer: true },
  { id: 'line-newer', keys: ['down', 'ctrl-n'], label: 'Take what was filtered or searched by after.', short: 'after', contexts: ['line'] },
  { id: 'palette-down', keys: ['down'], label: 'Choose the next name.', short: 'next', contexts: ['palette'] },
  { id: 'palette-up', keys: ['up'], label: 'Choose the name before.', short: 'previous', contexts: ['palette'] },
  { id: 'next-field', keys: ['tab'], label: 'Go to the next field.', short: 'next field', contexts: ['form'], footer: true },
  { id: 'previous-field', keys: ['shift-tab'], label: 'Go to the field before.', short: 'previous field', contexts: ['form'] },
  { id: 'submit', keys: ['ctrl-d'], label: 'Send the form off.', short: 'send', contexts: ['form'], footer: true },
  { id: 'leave', keys: ['q', 'ctrl-c'], label: 'Leave at once; the agents keep running.', short: 'leave', contexts: ['quit'], footer: true },
  { id: 'close', keys: ['esc'], label: 'Close this; what was typed is kept.', short: 'close', contexts: CLOSING, footer: true },
  { id: 'close-letter', keys: ['q', 'ctrl-c'], label: 'Close this.', short: 'close', contexts: CLOSING_COMMAND },
  { id: 'close-text', keys: ['enter'], label: 'Close the text that was read.', short: 'close', contexts: ['viewer'] },
  { id: 'close-typing', keys: ['ctrl-c'], label: 'Close this; what was typed is kept.', short: 'close', contexts: ['form', 'line', 'palette', 'confirm'] },
] as const satisfies readonly KeyCommand[];

/** Every id of the table: the reducer has a handler for each, and the compiler checks that. */
export type CommandId = (typeof TABLE)[number]['id'];

/** A command of the table, with the keys that it has. */
export type BoundCommand = KeyCommand & { readonly id: CommandId };

export const COMMANDS: readonly BoundCommand[] = TABLE;
