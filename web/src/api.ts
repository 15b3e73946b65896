// Requests to the server that gave this page, with the token where one is asked for.
import type { HistoryAnswer, Overview, QueryAnswer } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const tokenKey = 'stream_daemon.token';

export const token = {
  get: (): string => sessionStorage.getItem(tokenKey) ?? '',
  set: (value: string): void => sessionStorage.setItem(tokenKey, value),
};

// `askForToken` resolves when a new token is there, and rejects when nobody gives one.
let askForToken: () => Promise<void> = () => Promise.reject(new ApiError(401, 'a token is needed'));
export function whenTokenIsNeeded(ask: () => Promise<void>): void {
  askForToken = ask;
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  const value = token.get();
  return value === '' ? more : { ...more, Authorization: `Bearer ${value}` };
}

function address(path: string, parameters: Record<string, string | number | undefined>): URL {
  const url = new URL(path, document.baseURI);
  url.hash = '';
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

// A busy server (503: rows are being written, others ask) is asked again a few times.
const busyDelaysMs = [300, 700, 1500, 3000];

async function getJson<T>(url: URL, signal?: AbortSignal): Promise<T> {
  for (let busy = 0; ; ) {
    const sent = token.get();
    const response = await fetch(url, { headers: headers({ Accept: 'application/json' }), signal, cache: 'no-store' });
    if (response.ok) return (await response.json()) as T;
    if (response.status === 401) {
      if (token.get() === sent) await askForToken(); // else a new one has come meanwhile
    } else if (response.status === 503 && busy < busyDelaysMs.length) {
      await new Promise((resolve) => setTimeout(resolve, busyDelaysMs[busy++]));
      signal?.throwIfAborted();
    } else {
      throw new ApiError(response.status, (await response.text()).trim() || `the server answered ${response.status}`);
    }
  }
}

export const getOverview = (signal?: AbortSignal): Promise<Overview> => getJson(address('history', {}), signal);

export interface HistoryWish {
  symbol: string;
  from?: number; // milliseconds
  to?: number; // not included
  limit?: number;
}

export const getHistory = (wish: HistoryWish, signal?: AbortSignal): Promise<HistoryAnswer> =>
  getJson(address('history', { ...wish }), signal);

export const getQuery = (sql: string, signal?: AbortSignal): Promise<QueryAnswer> =>
  getJson(address('query', { sql, format: 'json' }), signal);

export function openStream(lastEventId: string, signal: AbortSignal): Promise<Response> {
  const more: Record<string, string> = { Accept: 'text/event-stream' };
  if (lastEventId !== '') more['Last-Event-ID'] = lastEventId;
  return fetch(address('stream', {}), { headers: headers(more), signal, cache: 'no-store' });
}
