import { EXIT } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { IntegrationStatus } from '../town/integration-status.ts';
import type { OperatorIntent } from '../town/view.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** Commits, files and beads named; `--json` has all. */
const LINES_SHOWN = 10;

/** `gastown integrate start <epic>`: a branch of its own for an epic; again, for the beads that came since. */
export const start = (invocation: Invocation, [epic]: string[], options: Record<string, unknown>): Promise<undefined> =>
  tell(invocation, {
    type: 'integrate.start',
    payload: {
      epic: epic!,
      ...(options.name !== undefined && { name: options.name as string }),
      ...(options.branch !== undefined && { branch: options.branch as string }),
    },
  });

/** `gastown integrate stop <name>` */
export const stop = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  tell(invocation, { type: 'integrate.stop', payload: { name: name! } });

/** `gastown integrate land <name>`; `--dry-run` only says what would land, and exits with 1 where it would not. */
export const land = (
  invocation: Invocation,
  [name]: string[],
  options: Record<string, unknown>,
): Promise<number | undefined> =>
  options.dryRun === true
    ? withTown(invocation, async town => {
        const [status] = await town.integrations(name!);
        invocation.output.record('integration', status!);
        for (const line of detail(status!)) invocation.output.say(line);
        const obstacles = obstaclesOf(status!);
        for (const obstacle of obstacles) invocation.output.say(`It would not land: ${obstacle}.`);
        invocation.output.say('Nothing was changed.');
        return obstacles.length > 0 ? EXIT.failed : undefined;
      })
    : withTown(invocation, async town => {
        const outcome = await town.dispatch({ type: 'integrate.land', payload: { name: name! } });
        const merge = (await town.records('merges')).find(one => one.id === outcome.subject);
        invocation.output.record('merge', { ...merge });
        invocation.output.say(outcome.message);
        return undefined;
      });

/** `gastown integrate list`, `gastown integrate status [name]` */
export const status = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const all = await town.integrations(name);
    for (const one of all) output.record('integration', one);
    if (name !== undefined) for (const line of all.flatMap(detail)) output.say(line);
    else if (all.length === 0) output.say('No integration branches. Make one with: gastown integrate start <epic>');
    else
      output.table(
        ['NAME', 'EPIC', 'BRANCH', 'INTO', 'DONE', 'OPEN', 'AHEAD', 'BEHIND', 'MERGES'],
        all.map(one => [
          one.name,
          one.epic,
          one.branch,
          `${one.rig} ${one.target}`,
          String(one.beads.done.length),
          String(one.beads.open.length),
          String(one.ahead),
          String(one.behind),
          one.merges,
        ]),
      );
    return undefined;
  });

const tell = (invocation: Invocation, intent: OperatorIntent): Promise<undefined> =>
  withTown(invocation, async town => {
    const outcome = await town.dispatch(intent);
    const rig = (await town.records('rigs')).find(one => one.id === outcome.subject);
    invocation.output.record('rig', { ...rig });
    invocation.output.say(outcome.message);
    return undefined;
  });

const detail = (one: IntegrationStatus): string[] => [
  `${one.branch} into ${one.target} of ${one.rig}, for ${one.epic}: ${one.title}`,
  `  ${plural(one.ahead, 'commit')} ahead, ${one.behind} behind; ${mergesInWords(one)}`,
  ...(one.request ? [`  ${one.request} is in the queue to land it`] : []),
  `  beads done: ${one.beads.done.join(' ') || 'none'}`,
  `  beads open: ${one.beads.open.join(' ') || 'none'}`,
  ...shown(one.commits.map(commit => `  commit ${commit.sha.slice(0, 9)} ${commit.subject}`)),
  ...shown(one.files.map(file => `  file ${file}`)),
];

const mergesInWords = ({ merges, target, conflicts }: IntegrationStatus): string =>
  merges === 'clean'
    ? `it merges with ${target} by itself`
    : merges === 'conflict'
      ? `it conflicts with ${target} in ${conflicts.join(', ')}`
      : `whether it merges with ${target} cannot be said`;

const shown = (lines: readonly string[]): string[] =>
  lines.length <= LINES_SHOWN
    ? [...lines]
    : [...lines.slice(0, LINES_SHOWN), `  and ${lines.length - LINES_SHOWN} more`];

const obstaclesOf = (one: IntegrationStatus): string[] => [
  ...(one.request ? [`${one.request} is in the queue to land it already`] : []),
  ...(one.beads.open.length > 0
    ? [`${one.beads.open.join(', ')} ${one.beads.open.length === 1 ? 'is' : 'are'} open`]
    : []),
  ...(one.ahead === 0 ? [`it holds nothing that ${one.target} lacks`] : []),
  ...(one.merges === 'clean' ? [] : [mergesInWords(one)]),
];
