import { GastownError } from '../common/errors.ts';
import { ACTOR_ROLES, type Command, commandSchema } from './commands.ts';
import type { ParsedCommand } from './reduce.ts';

/**
 * Checks a command's shape; rejects with `invalid`. Text is kept as it is, hostile bytes included (screens clean what they
 * print), but for NUL and lone surrogates: neither survives JSON, Git and a terminal unchanged.
 */
export const parseCommand = (command: Command): ParsedCommand => {
  const schema = commandSchema(command.type);
  if (!schema) throw new GastownError('invalid', `There is no command "${String(command.type)}".`);
  const { role, name } = command.actor;
  if (!ACTOR_ROLES.includes(role) || typeof name !== 'string' || name === '') {
    throw new GastownError('invalid', `${command.type}: it does not say who acts.`);
  }
  const parsed = schema.safeParse(cleanValue(command.payload));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    throw new GastownError('invalid', `${command.type}: ${where}${issue?.message}`, { cause: parsed.error });
  }
  return {
    type: command.type,
    payload: parsed.data,
    actor: { role, name: cleanText(name) },
    ...(command.because && { because: cleanText(command.because) }),
  } as ParsedCommand;
};

/** Any JSON without NUL and lone surrogates in its texts. */
export const cleanValue = (value: unknown): unknown => {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), cleanValue(member)]));
};

const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '');
