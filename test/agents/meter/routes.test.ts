import { describe, expect, it } from 'vitest';
import { isModelCall, routeOf, targetOf, upstreamRefusal, wordingOf } from '../../../source/agents/meter/routes.ts';

const TOKEN = 'abcdefghijklmnop_-12';

describe('routes of the meter', () => {
  it('are a token and what stands behind it', () => {
    expect(routeOf(`/s/${TOKEN}/v1/messages?beta=true`)).toEqual({ token: TOKEN, rest: '/v1/messages?beta=true' });
    for (const url of ['/', '/v1/messages', `/s/${TOKEN}`, '/s/short/v1', `/s/${TOKEN}%2f/x`]) {
      expect(routeOf(url), url).toBeUndefined();
    }
  });

  it('are read for usage only where a call uses tokens', () => {
    expect(wordingOf('/v1/messages?beta=true')).toBe('messages');
    expect(wordingOf('/v1/messages/count_tokens')).toBeUndefined();
    expect(wordingOf('/v1/responses')).toBe('responses');
    expect(wordingOf('/v1/responses/compact')).toBe('responses');
    expect(wordingOf('/v1/chat/completions')).toBe('chat');
    expect(wordingOf('/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse')).toBe('gemini');
    expect(wordingOf('/v1beta/models/gemini-3.8-flash:countTokens')).toBeUndefined();
    expect(wordingOf('/v1/models')).toBeUndefined();
  });

  it('ask models, or about them, and nothing else that the key would open', () => {
    for (const rest of [
      '/v1/messages?beta=true',
      '/v1/messages/count_tokens',
      '/responses',
      '/v1/responses/compact',
      '/v1/responses/resp_1/cancel',
      '/chat/completions',
      '/v1/models/claude-sonnet-5',
      '/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
    ]) {
      expect(isModelCall('POST', rest), rest).toBe(true);
    }
    for (const rest of [
      '/v1/files',
      '/v1/organizations/api_keys',
      '/v1/messages/batches',
      '/v1/models/../organization/users',
      '/v1/models/%2e%2e/files',
      '/v1/models/x%2f..%2ffiles',
      '//v1/files',
      '/',
    ]) {
      expect(isModelCall('POST', rest), rest).toBe(false);
    }
    expect(isModelCall('DELETE', '/v1/models/ft:mine')).toBe(false);
  });

  it("never lead to another host than the session's own, whatever the path says", () => {
    for (const rest of ['//evil.example/v1', '/@evil.example/', '/\\evil.example', '/v1?x=http://evil.example']) {
      expect(targetOf('https://api.anthropic.com', rest)).toMatchObject({
        hostname: 'api.anthropic.com',
        isTls: true,
        port: undefined,
      });
    }
    expect(targetOf('http://[::1]:8080/base/', '/v1/x')).toMatchObject({
      hostname: '::1',
      port: 8080,
      path: '/base/v1/x',
    });
  });

  it('go over the network encrypted, and in the clear on the machine itself only', () => {
    expect(upstreamRefusal('https://gateway.example')).toBeUndefined();
    for (const own of ['http://127.0.0.1:9', 'http://localhost:1', 'http://[::1]:2', 'http://127.9.9.9']) {
      expect(upstreamRefusal(own), own).toBeUndefined();
    }
    for (const other of [
      'https://me:word@gateway.example',
      'http://gateway.example',
      'http://127.0.0.1.evil.example',
      'http://10.0.0.1',
      'ftp://x',
      'x',
    ]) {
      expect(upstreamRefusal(other), other).toBeDefined();
    }
  });
});
