import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';

/** Where a town's meter keeps what outlives it: below `<town>/run/meter`, mode 0600. */
export const meterFiles = (dir: string) => ({
  /** Which tokens there are and where their calls go. Written by the town, read by a meter that starts. Holds no key. */
  state: path.join(dir, 'state.json'),
  /** The port that sessions were told: a meter that starts again listens there. With the process that listens. */
  port: path.join(dir, 'port.json'),
  /** Each call, one line of JSON, appended by the meter. */
  log: path.join(dir, 'usage.jsonl'),
  /** What CLIs said themselves, one line of JSON each, appended by the town. */
  reports: path.join(dir, 'reports.jsonl'),
});

/** In the town's folder for sockets: model calls go to the first, the town speaks through the second. */
export const METER_SOCKET = 'agents/meter.sock';
export const METER_CONTROL_SOCKET = 'meterctl.sock';

const priceSchema = z.object({
  input: z.number().min(0),
  output: z.number().min(0),
  cacheRead: z.number().min(0).optional(),
  cacheWrite: z.number().min(0).optional(),
});

export const meterStateSchema = z.object({
  sessions: z.array(
    z.object({
      session: z.string(),
      /** SHA-256 of the token in its URL. */
      tokenHash: z.string(),
      api: z.enum(['anthropic', 'openai', 'gemini']),
      /** `https://api.anthropic.com`, or the person's own gateway. */
      upstream: z.string(),
      /** Which of the keys that the town hands over, by name. */
      key: z.string(),
    }),
  ),
  /** Sessions whose calls are refused once they have cost this much more, counted from a place in the log. */
  stops: z.object({
    log: z.string(),
    offset: z.number(),
    groups: z.array(z.object({ name: z.string(), sessions: z.array(z.string()), leftNanos: z.number() })),
  }),
  prices: z.record(z.string(), priceSchema),
});

/** All that the town tells its meter, but the keys. */
export type MeterState = z.infer<typeof meterStateSchema>;
export type MeteredSession = MeterState['sessions'][number];

export const EMPTY_STATE: MeterState = { sessions: [], stops: { log: '', offset: 0, groups: [] }, prices: {} };

export const tokenHashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** What the town and its meter say to each other, a JSON value a line. Keys go one way only. */
export const METER_PROTOCOL = 1;

/** Said by the meter when the town connects. */
export interface MeterHello {
  readonly hello: 'gastown-meter';
  readonly protocol: number;
  readonly pid: number;
  readonly startTime: number;
  readonly port: number;
  /** Name of the log's first line: another log begins at offset 0. */
  readonly log: string;
}

export type MeterRequest =
  | { readonly id: number; readonly op: 'state'; readonly state: MeterState }
  | {
      readonly id: number;
      readonly op: 'keys';
      /** By name; `bearer` is sent as `Authorization: Bearer`. */
      readonly keys: Readonly<Record<string, { readonly value: string; readonly bearer: boolean }>>;
    }
  | { readonly id: number; readonly op: 'open' }
  /** Begins a new log if the old one is no longer than this. Answers its name, or that of the old one. */
  | { readonly id: number; readonly op: 'rotate'; readonly offset: number }
  | { readonly id: number; readonly op: 'shutdown' };

/** A call to a model that is under way. */
export interface OpenCall {
  readonly session: string;
  readonly startedAt: number;
  /** When the model last said anything. */
  readonly heardAt: number;
}
