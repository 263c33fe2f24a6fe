import { cut, safeLine } from '../../source/common/text.ts';
import type { Bead, LedgerData, Session } from '../../source/ledger/schema.ts';
import { lettersFor, lettersText } from './letters.ts';
import { earlierSession } from './sections.ts';

/** Changes named one by one: past this the page is the better read. */
const CHANGES_SHOWN = 10;
const LINE_COLUMNS = 300;
/** Characters of one message or answer in a short prompt. */
const SHARE = 1_000;

/**
 * What an agent that goes on with an earlier conversation is told: it knows its task, and not what happened since. Short;
 * `gt prime` has the rest.
 */
export const resumePrompt = (
  ledger: LedgerData,
  polecatId: string,
  options: {
    timesShown?: ReadonlyMap<string, number>;
    /** It was not cut short: a person had its terminal, and has left it. */
    afterPerson?: boolean;
  } = {},
): string => {
  const polecat = ledger.polecats.get(polecatId);
  const bead = polecat?.hook === undefined ? undefined : ledger.beads.get(polecat.hook);
  if (!polecat || !bead) return 'Nothing is on your hook any more. There is nothing to do; end your session.\n';
  const { timesShown, afterPerson = false } = options;
  const earlier = earlierSession({ ledger, polecat, bead, timesShown });
  const changes = earlier ? changesSince(ledger, bead, earlier) : [];
  const isPlanning = bead.town.role === 'mayor';
  return `${[
    [happened(bead, earlier, afterPerson), isPlanning ? FRESH_COPY : afterPerson ? AS_IT_WAS : SAVED].join(' '),
    changes.length > 0
      ? `Changed since it began:\n${changes.join('\n')}`
      : 'Nothing that concerns your bead has changed since it began.',
    ...lettersText(lettersFor(ledger, polecat.id, timesShown), SHARE),
    `Go on. ${isPlanning ? HAND_IN_PLAN : HAND_IN_WORK} \`gt prime\` shows the task and everything known of it again.`,
  ].join('\n\n')}\n`;
};

const FRESH_COPY = 'Files in your checkout are as in the repository; those in $TMPDIR are as you left them.';
const AS_IT_WAS = 'Your checkout is as it was left.';
const SAVED = 'Your checkout is as you left it; what was not committed is in the last commit.';
const HAND_IN_PLAN = 'Hand the plan in with `gt propose -f "$TMPDIR/plan.md"`, then report with `gt done`.';
const HAND_IN_WORK = 'Finish the work, commit it, and report with `gt done`.';

const happened = ({ id, title }: Bead, earlier: Session | undefined, afterPerson: boolean): string => {
  const named = `${id} "${cut(safeLine(title), LINE_COLUMNS)}"`;
  if (afterPerson) return `A person has left your terminal; you go on with ${named}, by yourself.`;
  const why = earlier?.cause ? ` Why: ${cut(safeLine(earlier.cause.summary), LINE_COLUMNS)}.` : '';
  return `Your session for ${named} was cut short and goes on now.${why} Commands that were running are gone.`;
};

/** What others did to the bead and its plan, and what they answered, while the session ran or lay still. */
const changesSince = (ledger: LedgerData, bead: Bead, { startedAt, polecat }: Session): string[] => {
  const plan = [...ledger.convoys.values()].find(
    ({ id, proposal }) => id === bead.town.convoy || proposal?.bead === bead.id,
  );
  const decided = [bead.id, ...(plan ? [plan.id] : [])].flatMap(subject =>
    (ledger.decisions.get(subject)?.entries ?? [])
      .filter(({ at, by, action }) => at > startedAt && SAID.test(action) && by !== `polecat ${polecat}`)
      .map(({ at, by, action }) => ({ at, line: `- ${safeLine(by)}: ${action} on ${subject}, ${at}` })),
  );
  const answers = [...ledger.escalations.values()].flatMap(({ question, subject, title, resolution, closedAt }) => {
    if (!question || subject !== bead.id || closedAt === undefined || closedAt <= startedAt) return [];
    const answer = safeLine(resolution ?? 'closed without an answer: decide by yourself');
    return [{ at: closedAt, line: `- Answer to "${cut(safeLine(title), LINE_COLUMNS)}": ${cut(answer, SHARE)}` }];
  });
  const all = [...decided, ...answers].sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ line }) => line);
  const left = all.length - CHANGES_SHOWN;
  return left > 0 ? [`- ${left} changes before these`, ...all.slice(left)] : all;
};

/** Commands by which somebody says something to whoever works on a bead or a plan. */
const SAID = /^(bead\.(update|note|design|comment)|convoy\.(note|design|approve|cancel)|plan\.edit|dep\.(add|remove))$/;
