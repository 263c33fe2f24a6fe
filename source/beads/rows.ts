import { safeLine } from '../common/text.ts';
import type { Bead } from '../ledger/schema.ts';

const ICONS: Readonly<Record<string, string>> = {
  open: '○',
  in_progress: '◐',
  blocked: '●',
  hooked: '◐',
  closed: '✓',
  deferred: '❄',
  pinned: '◆',
};

export const iconOf = (bead: Bead): string => ICONS[bead.status] ?? '◇';

/** One line a bead: `○ gt-a3f ● P1 [bug] Title @alice`. The word for the status stands there where the icon is not Beads' own. */
export const beadRow = (bead: Bead): string => {
  const type = bead.issue_type === 'task' ? '' : `[${bead.issue_type}] `;
  const status = ICONS[bead.status] ? '' : ` (${bead.status})`;
  const assignee = bead.assignee ? ` @${bead.assignee}` : '';
  const labels = bead.labels?.length ? ` [${bead.labels.join(', ')}]` : '';
  return safeLine(`${iconOf(bead)} ${bead.id} ● P${bead.priority} ${type}${bead.title}${status}${assignee}${labels}`);
};

/** Rows with children below their parents, as far as both are among `beads`. */
export const beadTree = (beads: readonly Bead[], parentOf: (bead: Bead) => string | undefined): string[] => {
  const ids = new Set(beads.map(bead => bead.id));
  const below = new Map<string | undefined, Bead[]>();
  for (const bead of beads) {
    const parent = parentOf(bead);
    const key = parent !== undefined && ids.has(parent) ? parent : undefined;
    const known = below.get(key);
    if (known) known.push(bead);
    else below.set(key, [bead]);
  }
  const rows: string[] = [];
  const shown = new Set<string>();
  const put = (bead: Bead, indent: string, own: string): void => {
    if (shown.has(bead.id)) return;
    shown.add(bead.id);
    rows.push(`${indent}${own}${beadRow(bead)}`);
    const children = below.get(bead.id) ?? [];
    const next = indent + (own === '' ? '' : own.startsWith('└') ? '    ' : '│   ');
    for (const [index, child] of children.entries()) {
      put(child, next, index === children.length - 1 ? '└── ' : '├── ');
    }
  };
  for (const bead of below.get(undefined) ?? []) put(bead, '', '');
  // Parents in a circle hang below nothing; they are shown all the same.
  for (const bead of beads) put(bead, '', '');
  return rows;
};

export const LEGEND = 'Status: ○ open  ◐ in_progress  ● blocked  ✓ closed  ❄ deferred';

/** `2026-11-23 10:04`, in UTC as everything the town prints. */
export const shortTime = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

/** A long text below a row. */
export const safeBlock = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n');
