import { GastownError } from '../../common/errors.ts';
import { plural } from '../../common/text.ts';
import { type Issues, readIssues } from '../../ledger/interchange/read.ts';
import type { Bead } from '../../ledger/schema.ts';
import { liveBeads } from '../issue.ts';
import type { Call, Output, Verb } from '../verb.ts';

const DEFAULT_FILE = '.beads/issues.jsonl';

export const importVerb: Verb = {
  name: 'import',
  summary: "Take in issues from a file of Beads' form",
  usage: '[file|-] [flags]',
  details:
    'New issues are added; of a known one the newer updated_at wins, and labels, dependencies and comments are united. Nothing\nis removed for not being in the file, and what was deleted here stays deleted. A broken line refuses the whole file.',
  flags: [
    { name: 'input', short: 'i', kind: 'text', help: `The file (default ${DEFAULT_FILE})` },
    { name: 'dry-run', kind: 'switch', help: 'Only say what would be taken in' },
    { name: 'dedup', kind: 'switch', help: 'Leave out new issues with the title of an open one' },
    { name: 'allow-stale', kind: 'switch', help: 'Take also what is older than what is here' },
    { name: 'rig', kind: 'text', help: 'The repository that new issues belong to, where their ids do not say it' },
  ],
  writes: true,
  async run(call) {
    const { args, data } = call;
    if (args.words.length > 1 || (args.words.length > 0 && args.has('input'))) {
      throw new GastownError('usage', 'only one file can be imported at a time');
    }
    const source = args.words[0] ?? args.text('input') ?? DEFAULT_FILE;
    const name = source === '-' ? 'stdin' : source;
    const issues = withoutKnownTitles(call, readIssues(source === '-' ? call.stdin() : call.file(source), name));
    const plan = planOf(call, issues);
    if (!args.on('dry-run')) {
      const rig = args.text('rig');
      const { beads, memories } = issues;
      const stale = args.on('allow-stale');
      await call.execute({ type: 'beads.import', payload: { beads, memories, stale, ...(rig && { rig }) } });
    }
    const updated = plan.known.filter(before => data.beads.get(before.id)!.rev !== before.rev);
    return outputOf(call, { name, issues, plan, updated });
  },
};

interface Plan {
  readonly created: readonly string[];
  /** As they were before. */
  readonly known: readonly Bead[];
  readonly stale: readonly string[];
  readonly tied: readonly string[];
  readonly deleted: readonly string[];
}

/** In which way each issue of the file meets what is here. */
const planOf = ({ args, data }: Call, { beads }: Issues): Plan => {
  const pairs = beads.flatMap(issue => {
    const here = data.beads.get(issue.id);
    return here ? [{ issue, here }] : [];
  });
  const alive = pairs.filter(({ here }) => here.status !== 'tombstone');
  const age = ({ issue, here }: (typeof pairs)[number]): number =>
    issue.updated_at === undefined ? 0 : Date.parse(String(issue.updated_at)) - Date.parse(here.updated_at);
  const ids = (some: typeof pairs): string[] => some.map(({ issue }) => issue.id);
  return {
    created: beads.filter(({ id }) => !data.beads.has(id)).map(({ id }) => id),
    known: alive.map(({ here }) => here),
    stale: args.on('allow-stale') ? [] : ids(alive.filter(pair => age(pair) < 0)),
    tied: ids(alive.filter(pair => age(pair) === 0)),
    deleted: ids(pairs.filter(({ here }) => here.status === 'tombstone')),
  };
};

const withoutKnownTitles = ({ args, data }: Call, issues: Issues): Issues => {
  if (!args.on('dedup')) return issues;
  const titles = new Set(liveBeads(data).flatMap(bead => (bead.status === 'closed' ? [] : [bead.title.toLowerCase()])));
  return {
    ...issues,
    beads: issues.beads.filter(({ id, title }) => data.beads.has(id) || !titles.has(title.toLowerCase())),
  };
};

const outputOf = (
  { args }: Call,
  { name, issues, plan, updated }: { name: string; issues: Issues; plan: Plan; updated: readonly Bead[] },
): Output => {
  const isDry = args.on('dry-run');
  const newer = plan.known.length - plan.stale.length - plan.tied.length;
  const changed = isDry ? newer : updated.length;
  const skipped = issues.beads.length - plan.created.length - changed;
  const lines = [
    `${isDry ? 'Would import' : 'Imported'} ${plural(plan.created.length + changed, 'issue')} from ${name}: ${plan.created.length} new, ${changed} updated, ${skipped} unchanged or older`,
    ...(issues.memories.length > 0 ? [`${plural(issues.memories.length, 'memory', 'memories')} too`] : []),
    ...(plan.deleted.length > 0 ? [`Deleted here, and still so: ${plan.deleted.join(', ')}`] : []),
  ];
  return {
    text: lines.join('\n'),
    json: {
      schema_version: 1,
      source: name,
      created: plan.created.length,
      updated: changed,
      skipped,
      ids: [...plan.created, ...updated.map(({ id }) => id)],
      memories: issues.memories.length,
      ...(isDry && { dry_run: true }),
      ...(plan.stale.length > 0 && { stale_skipped_ids: plan.stale }),
      ...(plan.tied.length > 0 && { tie_kept_local_ids: plan.tied }),
      ...(plan.deleted.length > 0 && { deleted_kept_ids: plan.deleted }),
    },
  };
};
