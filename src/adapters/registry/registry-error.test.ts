import { describe, expect, it } from 'vitest';
import { toRegistryError } from './registry-error.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const refused = { status: 400, retryAfterMs: undefined, action: 'writing the manifest', target: 'r.test/app:1', registry: 'r.test' };

describe("a registry's refusal", () => {
  it('keeps code, message and detail, as they are in the message and as data in the cause', () => {
    const errors = [
      { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown to registry', detail: digest },
      { code: 'QUOTA', message: 'full', detail: { used: 10, limit: 10 } },
    ];

    const error = toRegistryError({ ...refused, body: JSON.stringify({ errors }) });

    expect(error.message).toBe(`writing the manifest failed: MANIFEST_BLOB_UNKNOWN: blob unknown to registry (${digest}); QUOTA: full (HTTP 400 from r.test)`);
    expect(error.cause).toEqual({ errors: [errors[0], { code: 'QUOTA', message: 'full', detail: '{"used":10,"limit":10}' }] });
  });

  it('is bounded, whatever the server sends', () => {
    const long = { code: 'X'.repeat(5000), message: 'm'.repeat(50_000), detail: { text: 'd'.repeat(50_000) } };

    const error = toRegistryError({ ...refused, body: JSON.stringify({ errors: Array.from({ length: 1000 }, () => long) }) });

    expect(error.message.length).toBeLessThan(7000);
    expect(JSON.stringify(error.cause).length).toBeLessThan(15_000);
    expect(toRegistryError({ ...refused, body: 'z'.repeat(60_000) }).message.length).toBeLessThan(400);
  });

  it('carries no control characters to terminals and logs', () => {
    const message = '\u001B[31mred\u001B[0m\r\nsecond line\u0000\u2028end';

    const error = toRegistryError({ ...refused, body: JSON.stringify({ errors: [{ code: 'A\nB', message }] }) });

    expect(error.message).toBe('writing the manifest failed: A B: [31mred [0m second line end (HTTP 400 from r.test)');
    expect(toRegistryError({ ...refused, body: 'plain\u0007 words\nmore' }).message).toContain('failed: plain words (HTTP 400');
  });

  it.each([
    ['errors that are no list', '{"errors":{"code":"X"}}'],
    ['errors of another form', '{"errors":["X",null,1]}'],
    ['a page for people', '<html><body>Bad Gateway</body></html>'],
    ['nothing', ''],
  ])('is told with %s as well', (_, body) => {
    expect(toRegistryError({ ...refused, body }).message).toMatch(/^writing the manifest failed: .*\(HTTP 400 from r\.test\)$/);
  });

  it('that is a redirect of something written says what to do', () => {
    expect(toRegistryError({ ...refused, status: 307, body: '' })).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('name the host it leads to'),
    });
  });

  it('names codes and messages that are no text', () => {
    const body = '{"errors":[{"code":404,"message":{"why":"x"}},{}]}';

    expect(toRegistryError({ ...refused, body }).message).toContain('404: {"why":"x"}; UNKNOWN (HTTP 400');
  });
});
