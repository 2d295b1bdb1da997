/** One HTTP call, below retries: what the failover needs of `fetch`, so that a test can supply its own network. */

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string | null;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** `Retry-After` in milliseconds; null when absent or unreadable. */
  readonly retryAfterMs: number | null;
  /** Parsed JSON; undefined when the body is none. */
  readonly body: unknown;
}

/** Rejects when no answer came: connection refused or lost, time-out. */
export type HttpExchange = (call: HttpCall) => Promise<HttpAnswer>;

/** The exchange over the platform's fetch. */
export const fetchExchange: HttpExchange = async ({ method, url, headers, body, timeoutMs }) => {
  const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
  return {
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    body: parsed(await response.text()),
  };
};

/** `Retry-After` as whole seconds; the date form is not used between these services. */
export function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1_000 : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: a proxy's page. The status says what the caller needs.
    return undefined;
  }
}
