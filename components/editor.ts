import { safeLine, safeText } from '../source/common/text.ts';

/** A text field: what stands in it and where the next character goes. Offsets are UTF-16 units on grapheme borders. */
export interface Editor {
  readonly text: string;
  readonly cursor: number;
}

/** Characters a text field takes: the ledger's limit for one long text. More belongs in a file. */
export const EDITOR_CHARS_MAX = 256_000;

export const createEditor = (text = ''): Editor => ({ text, cursor: text.length });

/**
 * Puts text at the cursor, cleaned of everything a terminal could act on; line breaks are kept only where the field has
 * several lines. Cut at `EDITOR_CHARS_MAX`; `cut` says so.
 */
export const insertText = (editor: Editor, text: string, multiline: boolean): { editor: Editor; cut: boolean } => {
  const room = EDITOR_CHARS_MAX - editor.text.length;
  // Cut before cleaning: a paste may be far larger than what is kept.
  const offered = text.replace(/\r\n?/g, '\n');
  const kept = offered.length > room ? offered.slice(0, Math.max(0, room)) : offered;
  const clean = multiline ? safeText(kept) : safeLine(kept);
  const { text: before, cursor } = editor;
  return {
    editor: { text: before.slice(0, cursor) + clean + before.slice(cursor), cursor: cursor + clean.length },
    cut: offered.length > room,
  };
};

/** Applies an editing key (arrows, Home, End, Backspace, Delete, Ctrl-a e b f u k w h). Undefined when it is not one. */
export const editKey = (editor: Editor, key: string): Editor | undefined => EDITS[key]?.(editor);

const EDITS: Readonly<Record<string, (editor: Editor) => Editor>> = {
  left: e => ({ ...e, cursor: previous(e.text, e.cursor) }),
  right: e => ({ ...e, cursor: next(e.text, e.cursor) }),
  home: e => ({ ...e, cursor: lineStart(e.text, e.cursor) }),
  end: e => ({ ...e, cursor: lineEnd(e.text, e.cursor) }),
  up: e => vertical(e, -1),
  down: e => vertical(e, 1),
  backspace: e => remove(e, previous(e.text, e.cursor), e.cursor),
  delete: e => remove(e, e.cursor, next(e.text, e.cursor)),
  'ctrl-a': e => ({ ...e, cursor: lineStart(e.text, e.cursor) }),
  'ctrl-e': e => ({ ...e, cursor: lineEnd(e.text, e.cursor) }),
  'ctrl-b': e => ({ ...e, cursor: previous(e.text, e.cursor) }),
  'ctrl-f': e => ({ ...e, cursor: next(e.text, e.cursor) }),
  'ctrl-h': e => remove(e, previous(e.text, e.cursor), e.cursor),
  'ctrl-u': e => remove(e, lineStart(e.text, e.cursor), e.cursor),
  'ctrl-k': e => remove(e, e.cursor, lineEnd(e.text, e.cursor)),
  'ctrl-w': e => remove(e, wordStart(e.text, e.cursor), e.cursor),
};

const remove = ({ text }: Editor, from: number, to: number): Editor => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
});

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** UTF-16 units looked at around the cursor to find a grapheme's border: the longest emoji sequences stay below it. */
const GRAPHEME_WINDOW = 64;

const previous = (text: string, cursor: number): number => {
  const from = Math.max(0, cursor - GRAPHEME_WINDOW);
  let start = from;
  for (const { index } of SEGMENTER.segment(text.slice(from, cursor))) start = from + index;
  return start;
};

const next = (text: string, cursor: number): number => {
  for (const { segment } of SEGMENTER.segment(text.slice(cursor, cursor + GRAPHEME_WINDOW)))
    return cursor + segment.length;
  return cursor;
};

const lineStart = (text: string, cursor: number): number => text.lastIndexOf('\n', cursor - 1) + 1;

const lineEnd = (text: string, cursor: number): number => {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
};

const wordStart = (text: string, cursor: number): number => {
  const start = lineStart(text, cursor);
  let at = cursor;
  while (at > start && text[at - 1] === ' ') at--;
  while (at > start && text[at - 1] !== ' ') at--;
  return at;
};

const vertical = (editor: Editor, by: -1 | 1): Editor => {
  const start = lineStart(editor.text, editor.cursor);
  const column = editor.cursor - start;
  const target =
    by < 0 ? (start === 0 ? -1 : lineStart(editor.text, start - 1)) : lineEnd(editor.text, editor.cursor) + 1;
  if (target < 0 || target > editor.text.length) return { ...editor, cursor: by < 0 ? 0 : editor.text.length };
  const cursor = Math.min(target + column, lineEnd(editor.text, target));
  return { ...editor, cursor };
};
