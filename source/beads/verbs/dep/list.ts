import { GastownError } from '../../../common/errors.ts';
import type { Bead, Dependency } from '../../../ledger/schema.ts';
import { atLeast } from '../../counts.ts';
import { findBead } from '../../ids.ts';
import { issueOf, linksOf } from '../../issue.ts';
import type { Call, Verb } from '../../verb.ts';

export const depListVerb: Verb = {
  name: 'list',
  summary: 'What an issue depends on, or what depends on it',
  usage: '<id...> [flags]',
  flags: [
    { name: 'direction', kind: 'text', help: 'down: what it depends on (default); up: what depends on it' },
    { name: 'type', short: 't', kind: 'text', help: 'Only dependencies of this type' },
  ],
  run(call) {
    const { args, data } = call;
    const direction = args.text('direction') ?? 'down';
    if (direction !== 'down' && direction !== 'up')
      throw new GastownError('usage', "--direction must be 'down' or 'up'");
    const beads = atLeast(call, 1, 'bd dep list <id...>').map(id => findBead(data, id));
    const groups = beads.map(bead => ({ bead, ends: endsOf(call, bead, direction) }));
    return {
      text: groups.map(group => textOf(group, direction, args.text('type'))).join('\n\n'),
      json:
        groups.length === 1
          ? groups[0]!.ends.map(({ other, id, edge }) => ({
              ...(other ? issueOf(other) : { id }),
              dependency_type: edge.type,
            }))
          : groups.flatMap(({ ends }) => ends.map(({ edge }) => plain(edge))),
    };
  },
};

/** One end of a dependency as seen from the other; `other` is absent where it is not here. */
interface End {
  readonly id: string;
  readonly other: Bead | undefined;
  readonly edge: Dependency;
}

const endsOf = ({ args, data }: Call, bead: Bead, direction: 'down' | 'up'): End[] => {
  const ends: readonly End[] =
    direction === 'down'
      ? (bead.dependencies ?? []).map(edge => ({
          id: edge.depends_on_id,
          other: data.beads.get(edge.depends_on_id),
          edge,
        }))
      : (linksOf(data).dependents.get(bead.id) ?? []).map(({ bead: other, edge }) => ({ id: other.id, other, edge }));
  return ends.filter(({ edge }) => !args.has('type') || edge.type === args.text('type'));
};

const textOf = ({ bead, ends }: { bead: Bead; ends: End[] }, direction: string, type: string | undefined): string => {
  if (ends.length === 0) {
    if (direction === 'up') return `No issues depend on ${bead.id}${type ? ` with type '${type}'` : ''}`;
    return `${bead.id} has no dependencies${type ? ` of type '${type}'` : ''}`;
  }
  const rows = ends.map(({ id, other, edge }) =>
    other
      ? `  ${id}: ${other.title} [P${other.priority}] (${other.status}) via ${edge.type}`
      : `  ${id} via ${edge.type}`,
  );
  return [direction === 'up' ? `Issues that depend on ${bead.id}:` : `${bead.id} depends on:`, '', ...rows].join('\n');
};

const plain = ({ as_written: _asWritten, ...edge }: Dependency): object => edge;
