import { Agent, request } from 'undici';
import { z } from 'zod';
import { ChangeoverError } from '../../core/error.ts';
import { hostOf } from '../../core/rollout/release-gates.ts';
import type { ReleaseGate } from '../../ports/release-gate.ts';

const MAX_BYTES = 64 * 1024;
const MAX_REASON = 500;
const answerSchema = z.object({ answer: z.enum(['allow', 'deny', 'wait']), reason: z.string().default('') });

/**
 * Asks a release system by a POST of JSON; the answer is 200 with `{"answer": "allow" | "deny" | "wait", "reason": "…"}`, at
 * most 64 KiB. TLS is verified, redirects are not followed, and nothing is retried here: the engine asks again.
 */
export function openReleaseGate(): ReleaseGate {
  return {
    ask: async ({ url, timeoutMs }, question, signal) => {
      const name = `the release gate ${hostOf(url)}`;
      const timeout = AbortSignal.timeout(timeoutMs);
      const until = signal ? AbortSignal.any([signal, timeout]) : timeout;
      const dispatcher = new Agent({ connect: { rejectUnauthorized: true } });
      try {
        const headers = { 'content-type': 'application/json', accept: 'application/json' };
        const response = await request(url, { method: 'POST', dispatcher, signal: until, headers, body: JSON.stringify(question) });
        if (response.statusCode !== 200) throw noAnswer(name, `answers ${response.statusCode}`);
        const parsed = answerSchema.safeParse(parseJson(await readText(response.body, name), name));
        if (!parsed.success) throw noAnswer(name, 'answers neither allow, deny nor wait');
        return { answer: parsed.data.answer, reason: parsed.data.reason.slice(0, MAX_REASON) };
      } catch (error) {
        if (error instanceof ChangeoverError) throw error;
        if (signal?.aborted === true) throw new ChangeoverError('aborted', `interrupted while asking ${name}`, { cause: error });
        // Messages of errors may hold the address.
        const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no connection';
        throw noAnswer(name, timeout.aborted ? `does not answer within ${Math.round(timeoutMs / 1000)} s` : `cannot be reached: ${code}`, error);
      } finally {
        await dispatcher.destroy();
      }
    },
  };
}

async function readText(body: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw noAnswer(name, 'answers with more than 64 KiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw noAnswer(name, 'answers no JSON', error);
  }
}

function noAnswer(name: string, what: string, cause?: unknown): ChangeoverError {
  return new ChangeoverError('unreachable', `${name} ${what}`, { target: 'spec.gates', retryable: true, ...(cause === undefined ? {} : { cause }) });
}
