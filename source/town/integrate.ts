import { randomBytes } from 'node:crypto';
import { GastownError } from '../common/errors.ts';
import { plural, safeLine } from '../common/text.ts';
import { createBranch, fetchBranch } from '../git/integration.ts';
import { beadsBelow, integrationRigs, isIntegrationRig, openIntegration, whyLeft } from '../ledger/integrations.ts';
import type { Bead } from '../ledger/schema.ts';
import { OPERATOR, type TownContext } from './context.ts';
import { findIntegration, integrationOf } from './integration-status.ts';
import type { Outcome } from './view.ts';

/**
 * Gives an epic a branch of its own, at the target's tip, as a rig of its own, and sends its beads there that nobody has
 * worked on. Asked again, it sends those that came since.
 */
export const startIntegration = async (
  context: TownContext,
  { epic: epicId, name, branch }: { epic: string; name?: string; branch?: string },
): Promise<Outcome> => {
  const { data } = context.ledger;
  const epic = data.beads.get(epicId);
  if (!epic || epic.status === 'tombstone') {
    throw new GastownError('not_found', `There is no bead ${safeLine(epicId)}.`, { hint: 'gastown bd list has them.' });
  }
  const known = integrationRigs(data).find(rig => rig.epic === epicId);
  if (known && ((name ?? known.id) !== known.id || (branch ?? known.branch) !== known.branch)) {
    throw new GastownError('conflict', `${epicId} has the integration branch ${known.branch} already.`, {
      hint: `Without --name and --branch, new beads of ${epicId} are sent there.`,
    });
  }
  const payload = known
    ? { epic: epicId, id: known.id, of: known.of, branch: known.branch, prefix: known.prefix }
    : await newBranch(context, epic, { name, branch });
  const before = beadsBelow(data, epicId);
  const left = before.flatMap(bead => {
    const why = isOver(bead) || bead.town.rig === payload.id ? undefined : whyLeft(data, bead, payload.of);
    return why === undefined ? [] : [`${bead.id} ${why}`];
  });
  await context.execute(
    OPERATOR,
    { type: 'integration.start', payload },
    `The operator wants ${epicId} on ${payload.branch} first.`,
  );
  const sent = beadsBelow(context.ledger.data, epicId).filter(
    bead => bead.town.rig === payload.id && !before.includes(bead),
  );
  return {
    ok: true,
    message: [
      known
        ? `${epicId} lands on ${payload.branch}.`
        : `${payload.branch} is made: it is the target of the rig ${payload.id} now, with the gates of ${payload.of}.`,
      `${plural(sent.length, 'bead')} of ${epicId} ${sent.length === 1 ? 'lands' : 'land'} there from now on.`,
      ...(left.length > 0 ? [`Left where they are: ${left.join('; ')}.`] : []),
    ].join(' '),
    subject: payload.id,
  };
};

/** Puts one request into the target's queue that brings the whole branch. It is tested and approved like any other. */
export const landIntegration = async (context: TownContext, name: string): Promise<Outcome> => {
  const rig = findIntegration(context.ledger.data, name);
  const under = openIntegration(context.ledger.data, rig.id);
  if (under) {
    throw new GastownError('conflict', `${under.id} is in the queue to land ${rig.branch}.`, {
      hint: `To have it made anew: gastown reject ${under.id} -m …`,
    });
  }
  const status = await integrationOf(context, rig);
  if (status.ahead === 0) {
    throw new GastownError('conflict', `${rig.branch} holds nothing that ${status.target} lacks.`, {
      hint: `To end it: gastown integrate stop ${rig.id}`,
    });
  }
  if (status.merges !== 'clean') {
    throw new GastownError(
      'conflict',
      status.merges === 'conflict'
        ? `${rig.branch} conflicts with ${status.target} in ${status.conflicts.join(', ')}.`
        : `${rig.branch} cannot be merged with ${status.target}.`,
      {
        hint: `File a bead in the rig ${rig.id} that merges ${status.target} into ${rig.branch}, let it land there, then land again.`,
      },
    );
  }
  const request = `mr-i${randomBytes(ID_BYTES).toString('hex')}`;
  const ref = `refs/gastown/merges/${request}`;
  const landing = await context.landing(rig.of);
  await landing.keep(ref, status.head);
  await context.execute(
    OPERATOR,
    {
      type: 'integration.land',
      payload: { rig: rig.id, id: request, ref, base: status.base, head: status.head, files: status.files.length },
    },
    `The operator wants ${rig.branch} on ${status.target}.`,
  );
  return {
    ok: true,
    message: `${request} brings ${rig.branch} onto ${status.target} (${plural(status.ahead, 'commit')}, ${plural(status.files.length, 'file')}): it is in the queue of ${rig.of}. ${rig.epic} closes when it lands; the branch stays.`,
    subject: request,
  };
};

/** Ends the rig without landing; what landed on the branch stays there. */
export const stopIntegration = async (context: TownContext, name: string): Promise<Outcome> => {
  const rig = findIntegration(context.ledger.data, name);
  await context.execute(
    OPERATOR,
    { type: 'integration.stop', payload: { rig: rig.id } },
    `The operator ended ${rig.branch}.`,
  );
  return {
    ok: true,
    message: `The rig ${rig.id} is over, and its open beads are back in ${rig.of}. The branch ${rig.branch} stays in the origin with what landed on it.`,
    subject: rig.id,
  };
};

/** Two of a town never meet. */
const ID_BYTES = 5;
const NAME_CHARS = 40;
const RIG_NAME = /^[a-z][a-z0-9_-]{0,39}$/;

const isOver = (bead: Bead): boolean => bead.status === 'closed' || bead.status === 'tombstone';

/** The branch first: a rig whose target is missing would only make noise, and a branch without a rig is taken when asked again. */
const newBranch = async (
  context: TownContext,
  epic: Bead,
  { name, branch: given }: { name: string | undefined; branch: string | undefined },
) => {
  const { data } = context.ledger;
  const parent = parentOf(context, epic);
  const id = name ?? slugOf(epic.id);
  if (!RIG_NAME.test(id)) {
    throw new GastownError('usage', `"${safeLine(id)}" cannot name a rig.`, {
      hint: 'Small letters, digits, - and _, at most 40, beginning with a letter: --name.',
    });
  }
  const taken = data.rigs.get(id);
  if (taken && !(taken.removedAt && isIntegrationRig(taken))) {
    throw new GastownError('conflict', `There is a rig ${id} already.`, { hint: 'Choose another name with --name.' });
  }
  const branch = given ?? `integration/${id}`;
  const payload = { epic: epic.id, id, of: parent, branch, prefix: freePrefix(context, data.rigs.get(parent)!.prefix) };
  const landing = await context.landing(parent);
  if (branch === landing.branch) {
    throw new GastownError('usage', `${safeLine(branch)} is the target of ${parent}.`, {
      hint: 'Choose another branch.',
    });
  }
  const { tip } = await landing.refresh();
  await createBranch(landing, { branch, at: tip });
  await fetchBranch(landing, { branch, ref: `refs/gastown/integration/${id}` });
  return payload;
};

const parentOf = ({ ledger: { data } }: TownContext, epic: Bead): string => {
  const rigs = new Set(beadsBelow(data, epic.id).flatMap(bead => bead.town.rig ?? []));
  const parent = epic.town.rig ?? (rigs.size === 1 ? [...rigs][0] : undefined);
  const rig = parent === undefined ? undefined : data.rigs.get(parent);
  if (rig && !rig.removedAt && !rig.of) return rig.id;
  throw new GastownError('invalid', `${epic.id} belongs to no repository that a branch could be made in.`, {
    hint: 'Make the epic in a rig, or give it beads of one.',
  });
};

const slugOf = (id: string): string =>
  id
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, NAME_CHARS);

/** Bead ids of the new rig begin with it: the other's, and a letter or a number. */
const freePrefix = ({ ledger }: TownContext, prefix: string): string => {
  const taken = new Set([...ledger.data.rigs.values()].filter(rig => !rig.removedAt).map(rig => rig.prefix));
  for (let number = 1; ; number++) {
    const one = `${prefix.slice(0, PREFIX_STEM_CHARS)}i${number === 1 ? '' : number}`;
    if (!taken.has(one)) return one;
  }
};

/** Leaves room for a number in the 12 characters that a prefix may have. */
const PREFIX_STEM_CHARS = 6;
