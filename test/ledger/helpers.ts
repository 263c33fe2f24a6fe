import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Actor, Command, CommandInput, CommandType } from '../../source/ledger/commands.ts';
import { type Ledger, type OpenLedgerOptions, openLedger } from '../../source/ledger/store.ts';

export const OPERATOR: Actor = { role: 'operator', name: 'operator' };
export const TOWN: Actor = { role: 'town', name: 'town' };
export const MAYOR: Actor = { role: 'mayor', name: 'mayor' };
export const REFINERY: Actor = { role: 'refinery', name: 'refinery' };
export const WITNESS: Actor = { role: 'witness', name: 'witness' };
export const DEACON: Actor = { role: 'deacon', name: 'deacon' };
export const polecat = (id: string): Actor => ({ role: 'polecat', name: id });

export const sha = (digit: string): string => digit.repeat(40);

/** A folder that is gone after the test. */
export const temporaryFolder = async (): Promise<string> => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-ledger-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

/** A ledger in a new folder, closed and removed after the test. */
export const freshLedger = async (options: Partial<OpenLedgerOptions> = {}): Promise<Ledger> => {
  const ledger = await openLedger({ dir: options.dir ?? (await temporaryFolder()), ...options });
  onTestFinished(() => ledger.close());
  return ledger;
};

export const command = <T extends CommandType>(
  type: T,
  payload: CommandInput<T>,
  envelope: { actor?: Actor; opId?: string; because?: string } = {},
): Command => ({ type, payload, actor: OPERATOR, ...envelope }) as unknown as Command;

/** Executes and answers with the id of the command's subject. */
export const act = async <T extends CommandType>(
  ledger: Ledger,
  type: T,
  payload: CommandInput<T>,
  actor: Actor = OPERATOR,
): Promise<string> => {
  const receipt = await ledger.execute(command(type, payload, { actor }));
  return receipt.written[0]?.id ?? '';
};
