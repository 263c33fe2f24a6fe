import { duration, safeLine } from '../../common/text.ts';
import type { Polecat } from '../../ledger/schema.ts';
import type { PolecatRow } from '../view.ts';
import type { ProjectionInput } from './input.ts';

/** Polecats by name; each with what its state is known from. */
export const polecatRows = (input: ProjectionInput): PolecatRow[] =>
  [...input.ledger.data.polecats.values()]
    .sort((a, b) => a.id.localeCompare(b.id))
    .map(polecat => polecatRow(input, polecat));

const polecatRow = (input: ProjectionInput, polecat: Polecat): PolecatRow => {
  const { ledger, world } = input;
  const bead = polecat.hook === undefined ? undefined : ledger.data.beads.get(polecat.hook);
  const session = polecat.session === undefined ? undefined : ledger.data.sessions.get(polecat.session);
  const current = session && session.status !== 'ended' ? session : undefined;
  const seen = current && world.sessions.get(current.id);
  return {
    id: polecat.id,
    name: safeLine(polecat.name),
    rig: polecat.rig,
    state: polecat.state,
    since: Date.parse(polecat.since),
    live: seen?.alive ?? false,
    attempt: current?.attempt ?? 0,
    landed: polecat.landed,
    bounced: polecat.bounced,
    failed: polecat.failed,
    evidence: evidenceOf(input, polecat),
    ...(bead && { bead: bead.id, beadTitle: safeLine(bead.title) }),
    ...(polecat.session && { lastSession: polecat.session }),
    ...(current && {
      session: current.id,
      agent: safeLine(current.agent),
      unsandboxed: 'no sandbox yet: environment allow-list only',
    }),
    ...(seen?.lastLine && { doing: safeLine(seen.lastLine) }),
    ...(seen?.lastOutputAt && { lastOutputAt: seen.lastOutputAt }),
  };
};

/** Where the state is known from, and how old that is: ages by the minute, so that an unchanged row stays the same row. */
const evidenceOf = ({ world, ledger, now }: ProjectionInput, polecat: Polecat): string => {
  if (!polecat.hook) return 'nothing on its hook';
  const session = polecat.session ? ledger.data.sessions.get(polecat.session) : undefined;
  if (!session || session.status === 'ended') return 'between sessions';
  if (!world.hostReachable) return 'unknown: the terminal host cannot be reached';
  const seen = world.sessions.get(session.id);
  if (!seen) return 'unknown: the terminal host does not know its session';
  if (!seen.alive)
    return seen.signal
      ? `process ended by signal ${seen.signal}`
      : `process ended with exit code ${seen.exitCode ?? 'unknown'}`;
  const quietMs = now - seen.lastProgressAt;
  return quietMs < 10_000
    ? 'process runs, progress just now'
    : `process runs, last progress ${duration(Math.floor(quietMs / 10_000) * 10_000)} ago`;
};
