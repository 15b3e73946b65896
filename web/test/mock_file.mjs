// The mock as one who follows a file of decisions: closes alone, and what was read instead of a daemon's health.
import { MockStream } from './mock_stream.mjs';

export const onlyClose = ({ ts_ms, close }) => ({
  ts_ms, open: close, high: close, low: close, close, volume: 0, trades: 0,
});

export class FileStream extends MockStream {
  constructor(file, isThere) {
    super(true);
    Object.assign(this, { file, state: isThere ? 'reached' : 'waiting', newestMs: 0, invalid: 0, duplicates: 0 });
  }

  bar(symbol, bar, revision) {
    super.bar(symbol, onlyClose(bar), revision);
  }

  decision(symbol, decision) {
    ++this.counts.lines;
    this.newestMs = Math.max(this.newestMs, decision.ts_ms);
    super.decision(symbol, decision);
  }

  health() {
    const { lines, decisions } = this.counts;
    const isThere = this.state !== 'waiting';
    if (isThere && Math.random() < 0.1) ++this.invalid;
    if (isThere && Math.random() < 0.2) ++this.duplicates;
    const all = lines + this.invalid + this.duplicates;
    this.send('health', {
      ts: Date.now() / 1000, version: '0.6.0', file: this.file, file_state: this.state, bytes: all * 420, lines: all,
      invalid_lines: this.invalid, rejected_by_reason: this.invalid > 0 ? { invalid_json: this.invalid } : {},
      duplicates: this.duplicates, decisions, last_bar_ts_ms: this.newestMs,
    });
  }
}
