import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { type ReportVerb, reportSchema } from './reports.ts';

/** A verb of `gt` as a model sees it among its tools. */
export interface McpTool {
  readonly name: string;
  readonly verb: ReportVerb;
  readonly description: string;
}

/**
 * The verbs of `gt` that agents call, in the words of `gt --help`. What the hooks of CLIs ask (`guard`, `remind`) is no tool.
 * Descriptions are short: every one of them is in the context of every model call.
 */
export const MCP_TOOLS: readonly McpTool[] = [
  {
    name: 'prime',
    verb: 'prime',
    description: 'What you are to do, and how to report. Call it when you have lost track.',
  },
  { name: 'hook', verb: 'hook', description: 'The bead on your hook.' },
  {
    name: 'done',
    verb: 'done',
    description: 'Report that the work is finished and committed; noChange: nothing needed doing.',
  },
  { name: 'failed', verb: 'failed', description: 'Report that it cannot be done this way, and why.' },
  { name: 'handoff', verb: 'handoff', description: 'Have a fresh session take over with your note.' },
  { name: 'escalate', verb: 'escalate', description: 'Call a person for help, and wait.' },
  {
    name: 'ask',
    verb: 'ask',
    description: 'Ask a person a question; the answer is returned, or comes later as a message.',
  },
  { name: 'propose', verb: 'propose', description: 'Hand in a plan in Markdown, where your bead asks for one.' },
  { name: 'plan', verb: 'plan', description: 'The plan that you proposed, or that your bead belongs to.' },
  {
    name: 'note',
    verb: 'note',
    description: 'Add to the notes of your bead (convoy: of its plan); without a text, read them.',
  },
  {
    name: 'design',
    verb: 'design',
    description: 'Replace the design of your bead, naming as base the version you saw; without a text, read it.',
  },
  { name: 'seance', verb: 'seance', description: 'Earlier sessions of your bead; with a session, how it ended.' },
  { name: 'remember', verb: 'remember', description: 'Keep something that later sessions should know.' },
  { name: 'recall', verb: 'recall', description: 'Find what is remembered.' },
  { name: 'memories', verb: 'memories', description: 'All that is remembered.' },
  { name: 'forget', verb: 'forget', description: 'Forget a memory by its key.' },
  { name: 'mail_inbox', verb: 'mail.inbox', description: 'Your messages.' },
  { name: 'mail_read', verb: 'mail.read', description: 'Read messages.' },
  { name: 'mail_ack', verb: 'mail.ack', description: 'Be done with messages.' },
  { name: 'mail_send', verb: 'mail.send', description: 'Write to another worker or to the operator.' },
  { name: 'mail_reply', verb: 'mail.reply', description: 'Answer a message.' },
];

/** As `tools/list` answers. The shapes are those that `gt` is checked against: there is no second set. */
export const listedTools = () =>
  MCP_TOOLS.map(({ name, verb, description }) => ({ name, description, inputSchema: inputSchema(verb) }));

/** Throws `usage` for a name that is no tool. */
export const toolNamed = (name: string): McpTool => {
  const tool = MCP_TOOLS.find(one => one.name === name);
  if (tool) return tool;
  throw new GastownError('usage', `There is no tool "${name}".`, {
    hint: `There are: ${MCP_TOOLS.map(one => one.name).join(', ')}.`,
  });
};

const inputSchema = (verb: ReportVerb) => {
  const { $schema: _, ...schema } = z.toJSONSchema(reportSchema(verb), { io: 'input' });
  return { ...schema, type: 'object' as const };
};
