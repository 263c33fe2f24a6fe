import { randomBytes } from 'node:crypto';
import { GastownError } from '../common/errors.ts';
import { plural, safeLine } from '../common/text.ts';
import { makeRevert, type RevertAnswer } from '../git/revert.ts';
import type { Merge } from '../ledger/schema.ts';
import { OPERATOR, type TownContext } from './context.ts';
import type { Outcome } from './view.ts';

/**
 * Puts a request into the queue that takes a landed one back, from where the target is now. It is tested and approved
 * like any other; when it lands, the bead is open again. Refused with `conflict`, naming the files, when later work
 * stands on it; with `not_found` and `invalid` where there is nothing to take back.
 */
export const revertMerge = async (
  context: TownContext,
  { id, reason }: { id: string; reason?: string },
): Promise<Outcome> => {
  const merge = landedMerge(context, id);
  const landing = await context.landing(merge.rig);
  const { tip } = await landing.refresh();
  const answer = await makeRevert(landing, {
    tip,
    landed: merge.landedSha!,
    head: merge.head,
    author: REVERTER,
    message: messageOf(merge, reason),
    now: context.now(),
  });
  if (answer.outcome !== 'made') throw refusalOf(merge, answer);
  const request = `mr-r${randomBytes(ID_BYTES).toString('hex')}`;
  const ref = `refs/gastown/merges/${request}`;
  await landing.keep(ref, answer.commit);
  await context.execute(
    OPERATOR,
    {
      type: 'merge.revert',
      payload: {
        of: merge.id,
        id: request,
        ref,
        base: tip,
        head: answer.commit,
        files: answer.files.length,
        ...(reason && { reason }),
      },
    },
    reason ?? `The operator wants ${merge.id} taken back.`,
  );
  return {
    ok: true,
    message: `${request} takes ${merge.id} back (${plural(answer.files.length, 'file')}): it is in the queue, and ${merge.bead} opens again when it lands.`,
    subject: request,
  };
};

/** `.invalid` can never be a real mailbox. */
const REVERTER = { name: 'Gas Town Refinery', email: 'refinery@gastown.invalid' };
/** Two of a town never meet. */
const ID_BYTES = 5;

const landedMerge = (context: TownContext, id: string): Merge => {
  const merge = context.ledger.data.merges.get(id) ?? lastOfBead(context, id);
  if (!merge) {
    throw new GastownError('not_found', `There is no merge request ${safeLine(id)}.`, {
      hint: 'gastown merges lists them.',
    });
  }
  if (merge.state !== 'landed' || !merge.landedSha) {
    throw new GastownError('conflict', `${merge.id} is ${merge.state}: only what has landed is taken back.`, {
      hint: `Reject it instead: gastown reject ${merge.id} -m …`,
    });
  }
  if (merge.revertedBy) {
    throw new GastownError('conflict', `${merge.id} was taken back already, by ${merge.revertedBy}.`, {
      hint: `To have it again: gastown revert ${merge.revertedBy}`,
    });
  }
  return merge;
};

/** People know the bead rather than its request. */
const lastOfBead = ({ ledger }: TownContext, bead: string): Merge | undefined =>
  [...ledger.data.merges.values()]
    .filter(merge => merge.bead === bead && merge.state === 'landed' && !merge.revertedBy)
    .sort((a, b) => b.since.localeCompare(a.since))[0];

const messageOf = (merge: Merge, reason: string | undefined): string =>
  [
    `Revert ${safeLine(merge.bead)}: ${safeLine(merge.title)}`,
    '',
    ...(reason ? [safeLine(reason), ''] : []),
    `This takes back ${safeLine(merge.id)}, which landed as ${merge.landedSha}.`,
    '',
    `Reverts: ${safeLine(merge.id)}`,
    `Bead: ${safeLine(merge.bead)}`,
    '',
  ].join('\n');

const refusalOf = (merge: Merge, answer: Exclude<RevertAnswer, { outcome: 'made' }>): GastownError => {
  switch (answer.outcome) {
    case 'nothing':
      return new GastownError('conflict', `${merge.target} holds nothing of ${merge.id} any more.`);
    case 'impossible':
      return new GastownError('conflict', `${merge.id} cannot be taken back by itself: ${safeLine(answer.reason)}.`);
    case 'conflict':
      return new GastownError(
        'conflict',
        `${merge.id} cannot be taken back by itself: later work changed the same lines of ${named(answer.files)}.`,
        { hint: 'Revert what landed on top of it first, or file a bead that takes it back by hand.' },
      );
  }
};

const FILES_NAMED = 5;

const named = (files: readonly string[]): string => {
  const more = files.length - FILES_NAMED;
  return files.slice(0, FILES_NAMED).map(safeLine).join(', ') + (more > 0 ? ` and ${plural(more, 'more file')}` : '');
};
