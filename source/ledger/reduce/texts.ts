import { findSecret } from '../../common/secrets.ts';
import { textVersion } from '../../common/text-version.ts';
import { LIMITS } from '../schema.ts';
import { liveBead, updateBead } from './bead-records.ts';
import { conflict, invalid, type Reducers, type Transaction } from './transaction.ts';

export const textReducers: Reducers<'bead.note' | 'bead.design' | 'convoy.note' | 'convoy.design'> = {
  'bead.note': (tx, { id, text }) => {
    updateBead(tx, id, { notes: withNote(tx, { subject: id, notes: liveBead(tx, id).notes, text }) });
  },

  'bead.design': (tx, { id, text, base }) => {
    const { design } = liveBead(tx, id);
    if (design === text) return;
    assertSeen({ subject: id, design, base });
    assertNoSecret(text, 'design');
    updateBead(tx, id, { design: text });
  },

  'convoy.note': (tx, { id, text }) => {
    tx.update('convoys', id, { notes: withNote(tx, { subject: id, notes: tx.get('convoys', id).notes, text }) });
  },

  'convoy.design': (tx, { id, text, base }) => {
    const { design } = tx.get('convoys', id);
    if (design === text) return;
    assertSeen({ subject: id, design, base });
    assertNoSecret(text, 'design');
    tx.update('convoys', id, { design: text });
  },
};

/** Refuses what would stand in the history for ever, and be sent along with it. */
export const assertNoSecret = (text: string, what: string): void => {
  const found = findSecret(text);
  if (found === undefined) return;
  throw invalid(
    `This ${what} seems to hold ${found}; it would stay in the ledger's history for ever.`,
    'Say where it is kept and leave the value itself out.',
  );
};

const withNote = (
  tx: Transaction,
  { subject, notes, text }: { subject: string; notes: string | undefined; text: string },
): string => {
  assertNoSecret(text, 'note');
  const note = `[${tx.now} ${tx.by}] ${text.trim().replace(HEADING, ' $&').replace(EMPTY_LINE, '\n ')}`;
  const all = notes ? `${notes.trimEnd()}\n\n${note}` : note;
  if (all.length <= LIMITS.textChars) return all;
  throw invalid(
    `The notes of ${subject} hold ${LIMITS.textChars} characters already, the most there is room for.`,
    'Put it into a file of the repository and name the file in the design.',
  );
};

/** What begins a note: inside of one it must not look as if somebody else had written it. */
const HEADING = /^\[(?=\d{4}-\d\d-)/gm;

/** A note is one paragraph, for that is how the notes of two machines are put together: as wholes, each with its author. */
const EMPTY_LINE = /\n[^\S\n]*(?=\n)/g;

const assertSeen = ({ subject, design, base }: { subject: string; design: string | undefined; base: string }): void => {
  const version = textVersion(design);
  if (base === version) return;
  throw conflict(
    `The design of ${subject} is not the one that you have seen: it is at version ${version}, not ${base}.`,
    'Read it again, put both together, and give its version.',
  );
};
