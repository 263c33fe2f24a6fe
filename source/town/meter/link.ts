import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { ModelEndpoint } from '../../agents/cli.ts';
import { connectMeter, type MeterClient } from '../../agents/meter/client.ts';
import { EMPTY_STATE, type MeterState, meterFiles, meterStateSchema, tokenHashOf } from '../../agents/meter/state.ts';
import { writeFileAtomic } from '../../common/files.ts';
import type { TownContext } from '../context.ts';
import type { Account } from './keys.ts';

/** What agents show as their key. It opens nothing: the token in the address does. */
const SHOWN_KEY = 'sk-metered-by-the-town-0000000000';
/** Of a token in an address: 192 bits. */
const TOKEN_BYTES = 24;
/** Calls of a session that has ended may still be on their way for this long. */
const ENDED_KEPT_MS = 30_000;

/** The running town's connection to its meter, and what the meter is told. */
export interface MeterLink {
  /** An address for a session's calls. Starts the meter when there is none. */
  admit(session: string, api: ModelEndpoint['api'], account: Account): Promise<ModelEndpoint>;
  /** A session that has ended is asked once more: its address holds until `release`. */
  hold(session: string): void;
  release(session: string): void;
  /** Whether a session's calls go through the meter. */
  isMetered(session: string): boolean;
  /** Keeps the connection while sessions need it, and forgets sessions that are over. Undefined while there is none. */
  follow(keys: () => Readonly<Record<string, Account>>): Promise<MeterClient | undefined>;
  /** What sessions may still cost; told when it changed. */
  stop(stops: MeterState['stops']): Promise<void>;
  close(): Promise<void>;
}

export const createMeterLink = (
  context: Pick<TownContext, 'paths' | 'runDir' | 'ledger' | 'config' | 'log' | 'now'>,
): MeterLink => {
  const files = meterFiles(context.paths.meter);
  const accounts = new Map<string, Account>();
  const metered = new Set<string>();
  const held = new Set<string>();
  let state: MeterState = { ...readState(files.state), prices: context.config.prices };
  let client: MeterClient | undefined;
  let connecting: Promise<MeterClient> | undefined;
  for (const { session } of state.sessions) metered.add(session);

  const connect = async (): Promise<MeterClient> => {
    fs.mkdirSync(context.paths.meter, { recursive: true, mode: 0o700 });
    const opened = (await connectMeter({ runDir: context.runDir, dir: context.paths.meter, startIfMissing: true }))!;
    opened.onClose(() => {
      if (client === opened) client = undefined;
    });
    await opened.put(state);
    await opened.keys(keysOf(accounts));
    client = opened;
    return opened;
  };
  const connected = async (): Promise<MeterClient> => {
    if (client) return client;
    connecting ??= connect().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };

  const put = async (next: MeterState): Promise<void> => {
    state = next;
    fs.mkdirSync(context.paths.meter, { recursive: true, mode: 0o700 });
    await writeFileAtomic(files.state, JSON.stringify(state));
    await client?.put(state);
  };

  const forgetEnded = async (): Promise<void> => {
    const kept = state.sessions.filter(({ session }) => {
      const ended = context.ledger.data.sessions.get(session)?.endedAt;
      return ended === undefined || held.has(session) || context.now() - Date.parse(ended) < ENDED_KEPT_MS;
    });
    if (kept.length < state.sessions.length) await put({ ...state, sessions: kept });
  };

  return {
    async admit(session, api, account) {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      accounts.set(account.name, account);
      metered.add(session);
      const entry = { session, tokenHash: tokenHashOf(token), api, upstream: account.upstream, key: account.name };
      await put({ ...state, sessions: [...state.sessions.filter(one => one.session !== session), entry] });
      const meter = await connected();
      await meter.keys(keysOf(accounts));
      return { api, baseUrl: `http://127.0.0.1:${meter.port}/s/${token}`, key: SHOWN_KEY };
    },
    hold: session => void held.add(session),
    release: session => void held.delete(session),
    isMetered: session => metered.has(session),
    async follow(keys) {
      await forgetEnded();
      if (state.sessions.length === 0) {
        client?.close();
        client = undefined;
        return undefined;
      }
      if (!client) {
        for (const account of Object.values(keys())) accounts.set(account.name, account);
        await connected();
      }
      return client;
    },
    async stop(stops) {
      if (JSON.stringify(stops.groups) === JSON.stringify(state.stops.groups)) return;
      await put({ ...state, stops });
    },
    async close() {
      await connecting?.catch(error => context.log.warn({ err: error }, 'the meter was not reached'));
      client?.close();
      client = undefined;
    },
  };
};

const keysOf = (accounts: ReadonlyMap<string, Account>) =>
  Object.fromEntries([...accounts.values()].map(({ name, value, bearer }) => [name, { value, bearer }]));

/** A missing file is a town without metered sessions; a torn one cannot be, and what it is instead is none of ours. */
const readState = (file: string): MeterState => {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_STATE;
    throw error;
  }
  return meterStateSchema.parse(JSON.parse(text));
};
