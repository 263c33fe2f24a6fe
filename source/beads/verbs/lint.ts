import type { Bead } from '../../ledger/schema.ts';
import { findBead } from '../ids.ts';
import { liveBeads } from '../issue.ts';
import type { Call, Verb } from '../verb.ts';

const ACCEPTANCE = 'Acceptance Criteria';

/** Sections that an issue of each type is to have. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  bug: ['Steps to Reproduce', ACCEPTANCE],
  task: [ACCEPTANCE],
  feature: [ACCEPTANCE],
  story: [ACCEPTANCE],
  epic: ['Success Criteria'],
  decision: ['Decision', 'Rationale', 'Alternatives Considered'],
  spike: ['Goal', 'Findings'],
};

export const lintVerb: Verb = {
  name: 'lint',
  summary: 'Issues whose description lacks what its type is to say',
  usage: '[id...] [flags]',
  details:
    'bug: Steps to Reproduce, Acceptance Criteria. task, feature, story: Acceptance Criteria. epic: Success Criteria.\ndecision: Decision, Rationale, Alternatives Considered. spike: Goal, Findings.',
  flags: [
    { name: 'type', short: 't', kind: 'text', help: 'Only of this type' },
    { name: 'status', short: 's', kind: 'text', help: 'Of this status (default open; all for every one)' },
  ],
  run(call) {
    const beads = chosen(call);
    const results = beads.flatMap(bead => {
      const missing = missingOf(bead);
      return missing.length === 0
        ? []
        : [{ id: bead.id, title: bead.title, type: bead.issue_type, missing, warnings: missing.length }];
    });
    const total = results.reduce((sum, { warnings }) => sum + warnings, 0);
    const json = { total, issues: results.length, results };
    if (total === 0) return { text: `✓ No template warnings found (${beads.length} issues checked)`, json };
    const rows = results.flatMap(({ id, type, title, missing }) => [
      '',
      `${id} [${type}]: ${title}`,
      ...missing.map(heading => `  ⚠ Missing: ${heading}`),
    ]);
    const text = [`Template warnings (${results.length} issues, ${total} warnings):`, ...rows].join('\n');
    return { text, json, exitCode: call.args.on('json') ? 0 : 1 };
  },
};

const chosen = ({ args, data }: Call): Bead[] => {
  if (args.words.length > 0) return args.words.map(id => findBead(data, id));
  const status = args.text('status') ?? 'open';
  return liveBeads(data).filter(
    bead =>
      (status === 'all' || bead.status === status) && (!args.has('type') || bead.issue_type === args.text('type')),
  );
};

const missingOf = ({ issue_type, description = '', acceptance_criteria }: Bead): string[] => {
  const text = description.toLowerCase();
  const has = (heading: string): boolean =>
    text.includes(heading.toLowerCase()) || (heading === ACCEPTANCE && (acceptance_criteria?.trim() ?? '') !== '');
  return (SECTIONS[issue_type] ?? [])
    .filter(heading => !has(heading) && !(issue_type === 'epic' && has(ACCEPTANCE)))
    .map(heading => `## ${heading}`);
};
