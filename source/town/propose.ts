import { AGENT_CLIS } from '../agents/catalog.ts';
import { findProgram } from '../agents/find-program.ts';
import { type AgentPreset, agentPresets, findPreset } from '../agents/presets.ts';
import { GastownError } from '../common/errors.ts';
import { cut, safeLine } from '../common/text.ts';
import type { Rig } from '../ledger/schema.ts';
import { OPERATOR, type TownContext } from './context.ts';
import type { Outcome } from './view.ts';

type PlanningContext = Pick<TownContext, 'ledger' | 'config' | 'env' | 'execute'>;

/** Columns of a goal in one line for people. */
const GOAL_COLUMNS = 80;

/**
 * Has an agent in the Mayor's role propose a plan for a goal: a bead of type `plan`, which is worked on as others are, and
 * of which a proposed convoy comes. Rejects when no agent can plan, naming what to install.
 */
export const proposePlan = async (
  context: PlanningContext,
  wish: { goal: string; rig?: string; agent?: string },
): Promise<Outcome> => {
  const goal = wish.goal.trim();
  if (goal === '')
    throw new GastownError('usage', 'A plan wants a goal.', { hint: 'Say in a sentence what is to be reached.' });
  const rig = rigFor(context, wish.rig);
  const agent = plannerFor(context, { rig, wish: wish.agent });
  const known = [...context.ledger.data.beads.values()].find(
    bead =>
      bead.town.role === 'mayor' &&
      bead.town.rig === rig.id &&
      bead.status !== 'closed' &&
      bead.status !== 'tombstone' &&
      (bead.description ?? bead.title) === goal,
  );
  if (known) return { ok: true, message: `${known.id} plans for this goal already.`, subject: known.id };
  const { written } = await context.execute(
    OPERATOR,
    { type: 'plan.request', payload: { rig: rig.id, goal, agent } },
    'The operator wants a plan for this goal.',
  );
  const subject = written[0]!.id;
  return {
    ok: true,
    message: `${subject}: ${agent} plans for "${cut(safeLine(goal), GOAL_COLUMNS)}" on ${rig.id}. Its questions and its plan come to you; nothing starts before you approve.`,
    subject,
  };
};

const rigFor = ({ ledger }: PlanningContext, wish: string | undefined): Rig => {
  const rigs = [...ledger.data.rigs.values()].filter(({ removedAt }) => removedAt === undefined);
  const rig = wish === undefined ? (rigs.length === 1 ? rigs[0] : undefined) : rigs.find(({ id }) => id === wish);
  if (rig) return rig;
  const names = rigs.map(({ id }) => id).join(', ');
  if (wish !== undefined)
    throw new GastownError('not_found', `There is no rig "${safeLine(wish)}".`, { hint: `There are: ${names}.` });
  throw new GastownError(
    'usage',
    names ? `For which repository? There are: ${names}.` : 'This town has no repository yet.',
    {
      hint: names ? 'Name one with --rig.' : 'gastown rig add <name> <path or URL>',
    },
  );
};

/**
 * Who plans: the agent that was asked for, else the one of `[mayor]` in town.toml, else the repository's own where that is
 * an agent CLI, else the first that is installed.
 */
const plannerFor = (context: PlanningContext, { rig, wish }: { rig: Rig; wish: string | undefined }): string => {
  const named = wish ?? context.config.mayor.agent;
  if (named !== undefined) return checked(context, findPreset(named, context.config.agents));
  const presets = agentPresets(context.config.agents);
  const own = presets.get(rig.agent);
  const candidates = [...(own ? [own] : []), ...presets.values()];
  const found = candidates.find(preset => AGENT_CLIS.has(preset.kind) && isInstalled(context, preset));
  if (found) return found.name;
  const others = [...presets.values()].filter(({ kind }) => kind === 'pty').map(({ name }) => name);
  throw new GastownError('agent_unknown', 'No agent here can plan.', {
    hint: [
      `Install one, as with: ${firstInstall()}.`,
      ...(others.length > 0 ? [`Or name one of your own (--agent ${others.join(', --agent ')}).`] : []),
      'Or write the plan yourself: gastown plan import <file.md>.',
    ].join(' '),
  });
};

const firstInstall = (): string => [...AGENT_CLIS.values()][0]?.install ?? 'npm install -g @anthropic-ai/claude-code';

/** An agent that was named is taken at its word, unless it is certain that it cannot plan. */
const checked = (context: PlanningContext, preset: AgentPreset): string => {
  if (preset.kind === 'shell') {
    throw new GastownError('invalid', `The agent ${preset.name} runs scripts; it cannot plan.`, {
      hint: 'Name another one, or write the plan yourself: gastown plan import <file.md>.',
    });
  }
  const cli = AGENT_CLIS.get(preset.kind);
  if (!cli || isInstalled(context, preset)) return preset.name;
  throw new GastownError('agent_unknown', `${cli.title} (${preset.command || cli.program}) is not installed here.`, {
    hint: `Get it with: ${cli.install}`,
  });
};

const isInstalled = ({ env }: PlanningContext, { kind, command }: AgentPreset): boolean => {
  const program = command || AGENT_CLIS.get(kind)?.program;
  return program !== undefined && findProgram(program, env) !== undefined;
};
