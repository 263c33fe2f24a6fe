import { duration } from '../../../source/common/text.ts';
import type { PolecatRow } from '../../../source/town/view.ts';
import { memorySize } from '../memory.ts';
import { costWords } from '../money.ts';
import { shortTime } from '../short-times.ts';
import { activityStatus, polecatStatus } from '../status.ts';
import { type Around, type Fact, head, known, meaning } from './facts.ts';

export const polecatFacts = (polecat: PolecatRow, { view, theme }: Around): readonly Fact[] => [
  head(`${polecat.name}, a worker of ${polecat.rig}`),
  { label: 'state', status: polecatStatus(polecat, theme), note: `for ${duration(view.at - polecat.since)}` },
  { label: 'known from', value: polecat.evidence },
  ...activityFacts(polecat, { view, theme }),
  ...known('bead', polecat.bead && `${polecat.bead}  ${polecat.beadTitle ?? ''}`),
  ...known('doing', polecat.doing),
  ...known('last wrote', polecat.lastOutputAt === undefined ? '' : `${duration(view.at - polecat.lastOutputAt)} ago`),
  ...known('agent is', polecat.agent),
  ...known('session', polecat.session),
  ...known('cost', costWords(polecat)),
  ...known('memory', memoryWords(polecat)),
  { label: 'sandbox', value: sandboxWords(polecat) },
  {
    label: 'record',
    value: `try ${polecat.attempt}; ${polecat.landed} landed, ${polecat.bounced} bounced, ${polecat.failed} failed`,
  },
  { line: '' },
  meaning('polecat'),
  meaning('hook'),
];

const memoryWords = ({ memoryBytes }: PolecatRow): string =>
  memoryBytes === undefined ? '' : `${memorySize(memoryBytes)}, what its processes share counted for each`;

const sandboxWords = ({ session, unsandboxed }: PolecatRow): string => {
  if (unsandboxed) return `none: ${unsandboxed}`;
  return session ? 'on' : 'no session';
};

const activityFacts = ({ activity, mode }: PolecatRow, { view, theme }: Around): readonly Fact[] => {
  if (!activity) return [];
  const sure = activity.confidence === 'sure' ? '' : ` (${activity.confidence})`;
  const limited = activity.limitedUntil === undefined ? '' : `, until ${shortTime(activity.limitedUntil, view.at)}`;
  return [
    {
      label: 'agent',
      status: activityStatus(activity, theme),
      note: `for ${duration(view.at - activity.since)}, by ${SOURCES[activity.source]}${sure}${limited}`,
    },
    { label: 'evidence', value: activity.evidence },
    ...known('driven by', mode && MODES[mode]),
  ];
};

const SOURCES: Readonly<Record<NonNullable<PolecatRow['activity']>['source'], string>> = {
  protocol: 'its protocol',
  osc: 'its own report to the terminal',
  hook: 'its hooks',
  title: 'the title of its window',
  screen: 'what its screen shows',
  process: 'its process',
};

const MODES: Readonly<Record<NonNullable<PolecatRow['mode']>, string>> = {
  wired: 'its protocol',
  terminal: 'its own screen in a terminal',
  attached: 'a person who is attached',
};
