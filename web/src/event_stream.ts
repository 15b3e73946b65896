// Reads the server's events for as long as the page is there: connects again by itself, and then tells the server the
// last event that it has seen. By fetch and not EventSource, for that cannot send a token.
import { SseParser, type ServerEvent } from './sse_parser';

export type StreamStatus =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'waiting'; seconds: number; why: string }
  | { kind: 'unauthorized' };

export interface StreamParts {
  open: (lastEventId: string, signal: AbortSignal) => Promise<Response>;
  onEvent: (event: ServerEvent) => void;
  onStatus: (status: StreamStatus) => void;
  onUnauthorized: () => Promise<void>; // resolves when it is worth another try at once, rejects when it is not
  silenceMs?: number; // the server says something once a second; this long without a byte is a dead connection
  firstWaitMs?: number;
  random?: () => number;
}

const longestWaitMs = 10_000;

export class EventStream {
  private lastEventId = '';
  private attempts = 0;
  private stopped = false;
  private abort: AbortController | undefined;
  private wake: (() => void) | undefined;
  private firstWaitMs: number;

  constructor(private readonly parts: StreamParts) {
    this.firstWaitMs = parts.firstWaitMs ?? 500;
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      this.parts.onStatus({ kind: 'connecting' });
      const why = await this.readOnce();
      if (this.stopped) return;
      if (why === 'unauthorized') {
        this.parts.onStatus({ kind: 'unauthorized' });
        const isGiven = await this.parts.onUnauthorized().then(() => true, () => false);
        if (isGiven) continue;
      }
      await this.pause(why);
    }
  }

  stop(): void {
    this.stopped = true;
    this.abort?.abort();
    this.wake?.();
  }

  // The network is back, or somebody looks: do not wait any longer.
  hurry(): void {
    this.wake?.();
  }

  private async readOnce(): Promise<string> {
    const abort = new AbortController();
    this.abort = abort;
    const silenceMs = this.parts.silenceMs ?? 10_000;
    let watchdog = setTimeout(() => abort.abort(), silenceMs);
    let isLive = false;
    try {
      const response = await this.parts.open(this.lastEventId, abort.signal);
      if (response.status === 401) return 'unauthorized';
      if (!response.ok || !response.body) {
        return (await response.text()).trim() || `the server answered ${response.status}`;
      }
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const parser = new SseParser();
      for (;;) {
        const { value, done } = await reader.read();
        clearTimeout(watchdog);
        if (done) return 'the server ended the stream';
        watchdog = setTimeout(() => abort.abort(), silenceMs);
        if (this.take(parser, decoder.decode(value, { stream: true })) && !isLive) {
          isLive = true;
          this.attempts = 0;
          this.parts.onStatus({ kind: 'live' });
        }
      }
    } catch {
      return abort.signal.aborted ? 'the server fell silent' : 'the server is not reached';
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }

  // True when there were events.
  private take(parser: SseParser, text: string): boolean {
    const events = parser.push(text);
    if (parser.retryMs !== undefined) this.firstWaitMs = parser.retryMs;
    for (const event of events) {
      if (event.id !== '') this.lastEventId = event.id;
      this.parts.onEvent(event);
    }
    return events.length > 0;
  }

  private async pause(why: string): Promise<void> {
    const wait = Math.min(longestWaitMs, this.firstWaitMs * 2 ** Math.min(this.attempts, 10));
    ++this.attempts; // since a stream that worked
    const jittered = wait * (0.75 + 0.5 * (this.parts.random ?? Math.random)());
    const until = Date.now() + jittered;
    let hurried = false;
    while (!this.stopped && !hurried && Date.now() < until) {
      const left = until - Date.now();
      if (why !== 'unauthorized') this.parts.onStatus({ kind: 'waiting', seconds: Math.ceil(left / 1000), why });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(1000, left));
        this.wake = () => {
          hurried = true;
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
  }
}
