import type { Act, Protocol, Step } from '../../../source/agents/wire/protocol.ts';

interface EchoMemory {
  readonly turns: number;
  readonly asked: string | undefined;
}

/** A small agent's own protocol: it greets, echoes prompts, asks now and then. */
export const echoProtocol: Protocol<EchoMemory> = {
  open: start => ({
    memory: { turns: 0, asked: undefined },
    send: [{ hello: start.prompt }],
    transcript: [{ kind: 'town', text: start.prompt }],
  }),
  receive(memory, line) {
    const said = line as { echo?: string; ask?: string };
    if (said.ask !== undefined) {
      return {
        memory: { ...memory, asked: said.ask },
        now: {
          state: 'waiting',
          evidence: 'it asked',
          asks: [{ id: said.ask, kind: 'permission', title: said.ask, detail: said.ask, options: ASK_OPTIONS }],
        },
      };
    }
    const turns = memory.turns + 1;
    return {
      memory: { ...memory, turns },
      now: { state: 'idle', evidence: 'it echoed', turns },
      transcript: [{ kind: 'agent', text: String(said.echo) }],
      usage: [{ model: 'echo-1', usage: { uncachedIn: 1, cacheRead: 0, cacheWrite: 0, out: turns, reasoning: 0 } }],
      ...(turns < 3 && { send: [{ again: turns }] }),
    };
  },
  act(memory, act): Step<EchoMemory> {
    switch (act.type) {
      case 'prompt':
        return { memory, send: [{ say: act.text }], now: { state: 'working', evidence: 'it was prompted' } };
      case 'interrupt':
        return { memory, send: [{ stop: true }] };
      case 'answer':
        return answer(memory, act);
    }
  },
};

const ASK_OPTIONS = [{ id: 'yes', label: 'Yes', kind: 'allow' }] as const;

const answer = (memory: EchoMemory, act: Extract<Act, { type: 'answer' }>): Step<EchoMemory> =>
  memory.asked === act.ask
    ? {
        memory: { ...memory, asked: undefined },
        send: [{ answer: act.option }],
        now: { state: 'working', evidence: 'it was answered', asks: [] },
      }
    : { memory, refusal: 'It does not ask that any more.' };
