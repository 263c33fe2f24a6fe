/** JSON-RPC as `codex app-server` speaks it over lines: without the `jsonrpc` field, ids of requests are ours to choose. */
export type RpcId = string | number;

export const request = (id: string, method: string, params: object): unknown => ({ id, method, params });

export const respond = (id: RpcId, result: object): unknown => ({ id, result });

/** Every request of Codex waits for an answer, also one that means nothing here. */
export const refuseRequest = (id: RpcId, method: string): unknown => ({
  id,
  error: { code: METHOD_NOT_FOUND, message: `This client does not answer ${method}.` },
});

/** JSON-RPC 2.0 §5.1. */
const METHOD_NOT_FOUND = -32_601;
