import type { Command } from 'commander';
import type { Invocation } from './invocation.ts';

type Run = (invocation: Invocation, args: string[], options: Record<string, unknown>) => Promise<number | undefined>;
/** Declares a command whose code is loaded only when it is run. */
export type Declare = (parent: Command, usage: string, description: string, load: () => Promise<Run>) => Command;

/** Commands about what outlives an agent: notes, designs, memories, mail, escalations; and the nudge, which does not. */
export const declareLasting = (program: Command, command: Declare): void => {
  const texts = () => import('./texts.ts');
  command(
    program,
    'note <id> [text...]',
    'add to the notes of a bead or a plan; without a text, show them',
    async () => (await texts()).note,
  )
    .option('--add <text>', 'the same as the text')
    .option('-f, --file <file>', 'the text is in a file; - is standard input');
  command(program, 'design <id>', 'the design of a bead or a plan, and its version', async () => (await texts()).design)
    .option('--set <text>', 'replace it; earlier ones stay in the history')
    .option('-f, --file <file>', 'the new one is in a file; - is standard input')
    .option('--base <version>', 'the version that you have seen (default: none, there is no design yet)');

  declareMemories(program, command);

  const mails = () => import('./mail.ts');
  const mail = command(program, 'mail', 'your mail', async () => (await mails()).inbox).option(
    '--all',
    'also what is read',
  );
  command(mail, 'inbox', 'what is new', async () => (await mails()).inbox).option('--all', 'also what is read');
  command(mail, 'read <ids...>', 'show messages; yours count as read', async () => (await mails()).read);
  withKinds(
    command(mail, 'send <to>', 'write to a polecat, the mayor or yourself', async () => (await mails()).send),
  ).requiredOption('-s, --subject <subject>', 'in one line, what it is about');
  withKinds(command(mail, 'reply <id>', 'answer a message', async () => (await mails()).reply));

  const cases = () => import('./escalations.ts');
  const escalations = command(
    program,
    'escalations',
    'what agents need a person for',
    async () => (await cases()).list,
  ).option('--all', 'also what is closed');
  command(escalations, 'list', 'what is open', async () => (await cases()).list).option('--all', 'also what is closed');
  command(escalations, 'show <id>', 'one of them, whole', async () => (await cases()).show);
  command(
    escalations,
    'ack <ids...>',
    'you look after them: they rise no further',
    async () => (await cases()).acknowledge,
  );
  command(escalations, 'close <ids...>', 'settled', async () => (await cases()).close).option(
    '-m, --message <text>',
    'what came of it',
  );

  command(
    program,
    'nudge <polecat> <text...>',
    'tell a running agent something; nothing of it is kept',
    async () => (await import('./nudge.ts')).nudge,
  )
    .option('--mode <mode>', 'wait-idle (default), queue or now')
    .option('--urgent', 'holds two hours instead of 30 minutes');
};

const declareMemories = (program: Command, command: Declare): void => {
  const memories = () => import('./memories.ts');
  const filtered = (declared: Command): Command =>
    declared
      .option('--type <type>', 'feedback, project, user or reference')
      .option('--rig <rig>', 'those for one repository, and those for all');
  filtered(command(program, 'memories', 'what the town remembers', async () => (await memories()).memories));
  filtered(
    command(program, 'recall <words...>', 'what is remembered about this', async () => (await memories()).recall),
  );
  command(program, 'remember <text...>', 'tell it to every later session', async () => (await memories()).remember)
    .option('--key <key>', 'a name to rewrite it by')
    .option('--type <type>', 'feedback, project (default), user or reference')
    .option('--rig <rig>', 'only for work on this repository');
  command(program, 'forget <key>', 'no longer tell it; the history keeps it', async () => (await memories()).forget);
};

const withKinds = (declared: Command): Command =>
  declared
    .option('-m, --message <text>', 'the text')
    .option('--priority <priority>', 'low, normal, high or urgent')
    .option('--type <type>', 'notification, task, reply, escalation, scavenge or protocol');
